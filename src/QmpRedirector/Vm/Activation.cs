namespace QmpRedirector.Vm;

/// <summary>When a redirector is active.</summary>
internal static class Activation
{
    /// <summary>
    /// <paramref name="running"/> is run state "running" and nothing else, as QEMU's runstate_is_running() has it ("suspended" is not).
    /// With both exceptions on, a redirector is active only while the VM is stopped.
    /// </summary>
    public static bool IsActive(bool on, bool running, bool enableWhenStopped, bool disableWhenRunning) =>
        on && (running ? !disableWhenRunning : enableWhenStopped);
}
