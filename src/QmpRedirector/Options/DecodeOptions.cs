using QmpRedirector.Decode;

namespace QmpRedirector.Options;

/// <summary>Everything <c>decode</c> was told, checked.</summary>
/// <param name="Input">Where the stream is.</param>
/// <param name="Settings">How to read and show it.</param>
internal sealed record DecodeOptions(DecodeInput Input, DecodeSettings Settings);
