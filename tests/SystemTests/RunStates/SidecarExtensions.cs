using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.RunStates;

/// <summary>Waiting for what the sidecar has learned by what it logs, which it does when it has acted upon it.</summary>
internal static class SidecarExtensions
{
    /// <summary>Waits until it has learned a run state, and so has armed and disarmed by it: it logs that last.</summary>
    /// <param name="runState">Also "stopped", which is all a STOP tells.</param>
    /// <param name="mark">How much of the log to pass over.</param>
    /// <param name="cause">What it was learned from, if that matters.</param>
    public static Task WaitForRunStateAsync(this Sidecar sidecar, string runState, int mark = 0, string cause = "") =>
        sidecar.WaitForLogAsync($"The VM is {runState} ({cause}", mark);

    /// <param name="mark">How much of the log to pass over.</param>
    public static Task WaitForLogAsync(this Sidecar sidecar, string text, int mark = 0) => Eventually.ThatAsync(
        () =>
        {
            Assert.That(sidecar.HasExited, Is.False, $"the sidecar has ended: {sidecar.Error}");
            return sidecar.Error.IndexOf(text, mark, StringComparison.Ordinal) >= 0;
        },
        $"the sidecar logs '{text}'");
}
