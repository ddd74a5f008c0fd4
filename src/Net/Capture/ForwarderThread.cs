using System.Collections.Concurrent;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>Runs a <see cref="DataLoop"/> on a thread of its own and carries the control plane's commands to it.</summary>
internal sealed class ForwarderThread : IDisposable
{
    private readonly ConcurrentQueue<ForwarderCommand> _commands = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly EventFd _wake = new();
    private readonly Lock _ending = new();
    private readonly DataLoop _loop;
    private readonly Thread _thread;
    private bool _ended;

    internal ForwarderThread(ForwarderOptions options, CaptureRings rings, ActiveWindows windows)
    {
        _loop = new DataLoop(options, rings, windows, _wake);
        _thread = new Thread(Run) { IsBackground = true, Name = $"data {options.Name}" };
    }

    internal Task Completion => _completion.Task;

    /// <summary>The account after the thread has ended.</summary>
    internal ForwarderSnapshot Final { get; private set; } = new ForwarderCounters(0).Snapshot(0, 0, 0, default, false);

    /// <summary>The Stopwatch timestamp at which the kernel's queue was last seen empty.</summary>
    internal long EmptyAt => _loop.EmptyAt;

    internal void Start() => _thread.Start();

    internal void Post(ForwarderCommand command)
    {
        lock (_ending)
        {
            if (!_ended)
            {
                _commands.Enqueue(command);
                _wake.Signal();
                return;
            }
        }

        command.AnswerAfterEnd(Final);
    }

    /// <summary>After <see cref="Completion"/>.</summary>
    public void Dispose()
    {
        _loop.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        Exception? failure = null;
        try
        {
            ThreadTimers.BePrecise();
            while (!_loop.StopIsDone())
            {
                while (_commands.TryDequeue(out var command))
                    _loop.Take(command);
                _loop.MoveFrames();
            }
        }
        catch (Exception e)
        {
            failure = e;
        }

        try
        {
            Final = _loop.End();
        }
        catch (Exception e)
        {
            failure ??= e;
        }

        lock (_ending)
            _ended = true;
        while (_commands.TryDequeue(out var command))
            command.AnswerAfterEnd(Final);
        if (failure is null)
            _completion.TrySetResult();
        else
            _completion.TrySetException(failure);
    }
}
