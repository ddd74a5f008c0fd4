using System.Text.Json;
using Microsoft.Extensions.Logging;
using QmpRedirector.Qmp;

namespace QmpRedirector.Vm;

/// <summary>The process behind a QMP connection, as far as it can be told and watched.</summary>
internal sealed class QemuProcess : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _watching;

    /// <param name="pid">Null when unknown.</param>
    /// <param name="processExit">See <see cref="VmFollowerOptions.ProcessExit"/>.</param>
    /// <param name="logger">Told when the process cannot be watched.</param>
    public QemuProcess(int? pid, Func<int, CancellationToken, Task>? processExit, ILogger logger)
    {
        Pid = pid;
        IsWatched = pid is not null && processExit is not null;
        _watching = IsWatched ? WatchAsync(processExit!, logger) : Task.CompletedTask;
    }

    public int? Pid { get; }

    /// <summary>Whether <see cref="Exited"/> can be relied on to tell the end.</summary>
    public bool IsWatched { get; private set; }

    /// <summary>Completes when the process has ended; never when that is not known.</summary>
    public Task Exited => _exited.Task;

    /// <summary>
    /// The process whose vCPU threads QEMU names (query-cpus-fast). Not the socket's peer credentials: behind a proxy, or a listening
    /// socket somebody else made, those are another's. Null when QEMU does not say, or the threads are of no process seen from here.
    /// </summary>
    public static async Task<int?> FindAsync(QmpClient client, ProcFs proc, CancellationToken ct)
    {
        QmpReply reply;
        try
        {
            reply = await client.ExecuteAsync("query-cpus-fast", ct: ct);
        }
        catch (Exception e) when (e is QmpCommandException or QmpTimeoutException)
        {
            return null;
        }
        var threads = reply.Return.Items().Select(cpu => cpu.Member("thread-id"))
            .Where(id => id.ValueKind == JsonValueKind.Number).Select(id => id.TryGetInt32(out var n) ? n : 0).ToList();
        // Numbers of another PID namespace may be threads here too, but hardly all of one process.
        return threads.Count > 0 && proc.ProcessOf(threads[0]) is { } pid && threads.TrueForAll(thread => proc.HasThread(pid, thread))
            ? pid
            : null;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private async Task WatchAsync(Func<int, CancellationToken, Task> processExit, ILogger logger)
    {
        try
        {
            await processExit(Pid!.Value, _stop.Token);
            _exited.TrySetResult();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            IsWatched = false;
            VmLog.ProcessNotWatched(logger, Pid!.Value, e.Message);
        }
    }
}
