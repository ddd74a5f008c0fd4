namespace QmpRedirector.Testing;

/// <summary>Waits that end: with what was awaited in words when it did not come.</summary>
public static class Bounded
{
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(10);

    public static async Task<T> WaitAsync<T>(Task<T> task, string awaited, TimeSpan? limit = null)
    {
        try
        {
            return await task.WaitAsync(limit ?? Limit);
        }
        catch (TimeoutException e) when (!task.IsCompleted)
        {
            throw new TimeoutException($"Waited {(limit ?? Limit).TotalSeconds} s in vain for {awaited}.", e);
        }
    }

    public static async Task WaitAsync(Task task, string awaited, TimeSpan? limit = null) =>
        await WaitAsync(AsResultAsync(task), awaited, limit);

    private static async Task<bool> AsResultAsync(Task task)
    {
        await task;
        return true;
    }
}
