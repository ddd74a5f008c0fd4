using QmpRedirector.Send;

namespace QmpRedirector.Options;

/// <summary>Everything <c>send</c> was told, checked.</summary>
/// <param name="File">A capture file, "-" for standard input.</param>
/// <param name="Peer">Where to connect or listen.</param>
/// <param name="Settings">How to send.</param>
internal sealed record SendOptions(string File, ChardevOptions Peer, SendSettings Settings);
