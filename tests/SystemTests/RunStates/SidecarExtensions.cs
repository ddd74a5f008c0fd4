using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.RunStates;

/// <summary>Waiting for what the sidecar has learned by what it logs, which it does when it has acted upon it.</summary>
internal static class SidecarExtensions
{
    /// <param name="mark">How much of the log to pass over.</param>
    public static Task WaitForLogAsync(this Sidecar sidecar, string text, int mark = 0) => Eventually.ThatAsync(
        () =>
        {
            Assert.That(sidecar.HasExited, Is.False, $"the sidecar has ended: {sidecar.Error}");
            return sidecar.Error.IndexOf(text, mark, StringComparison.Ordinal) >= 0;
        },
        $"the sidecar logs '{text}'");
}
