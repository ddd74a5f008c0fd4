namespace QmpRedirector.Net;

/// <summary>
/// Work in which the kernel makes its caller wait, some 10 ms for each ring or bound packet socket made or given up (synchronize_net): on a
/// thread of its own, as those of the pool answer QMP.
/// </summary>
public static class KernelWork
{
    /// <summary>Begins it; the result is the work's.</summary>
    public static Task<T> Start<T>(Func<T> work)
    {
        try
        {
            return Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch (TaskSchedulerException)
        {
            // The system allows no more threads.
            return Task.Run(work);
        }
    }

    internal static Task Start(Action work) => Start(() =>
    {
        work();
        return true;
    });
}
