using QmpRedirector.Qmp;

namespace QmpRedirector.Options;

/// <summary>Everything <c>check</c> was told.</summary>
/// <param name="Run">What <c>run</c> would be told.</param>
/// <param name="PeerQmp">The consumer's QMP socket; null when it is not to be asked.</param>
/// <param name="Json">Write JSON rather than text.</param>
internal sealed record CheckOptions(RunOptions Run, QmpAddress? PeerQmp, bool Json);
