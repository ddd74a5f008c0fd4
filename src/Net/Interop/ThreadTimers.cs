namespace QmpRedirector.Net.Interop;

/// <summary>How exactly the kernel ends this thread's waits.</summary>
internal static class ThreadTimers
{
    /// <summary>Waits of the calling thread end when they are due, and not up to 50 us later (prctl(2), PR_SET_TIMERSLACK).</summary>
    /// <remarks>It is a wish: a system call filter that denies it costs a little time and nothing else.</remarks>
    internal static void BePrecise() => _ = Libc.prctl(Constants.PR_SET_TIMERSLACK, 1);
}
