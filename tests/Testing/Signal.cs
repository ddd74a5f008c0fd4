namespace QmpRedirector.Testing;

/// <summary>Lets tests wait for a condition without polling: whoever changes what it looks at calls <see cref="Pulse"/>.</summary>
public sealed class Signal
{
    private TaskCompletionSource _next = NewSource();

    public void Pulse() => Interlocked.Exchange(ref _next, NewSource()).TrySetResult();

    public Task WaitUntilAsync(Func<bool> condition, string awaited, TimeSpan? limit = null)
    {
        return Bounded.WaitAsync(LoopAsync(), awaited, limit);

        async Task LoopAsync()
        {
            // The source is taken before the condition is looked at, so no pulse in between is missed.
            for (var next = Volatile.Read(ref _next).Task; !condition(); next = Volatile.Read(ref _next).Task)
                await next;
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
