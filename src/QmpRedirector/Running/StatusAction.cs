using QmpRedirector.CommandLine;
using QmpRedirector.Options;
using QmpRedirector.Qmp;
using QmpRedirector.Status;

namespace QmpRedirector.Running;

/// <summary>What <c>qmp-redirector status</c> does: asks a running sidecar over its control socket, once or again and again.</summary>
internal static class StatusAction
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(1);

    /// <summary>A rate needs two looks; one look at a time is shown after this.</summary>
    private static readonly TimeSpan _firstInterval = TimeSpan.FromMilliseconds(200);

    public static async Task<int> InvokeAsync(StatusOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await using var client = new QmpClient(new QmpClientOptions { Address = options.Control });
            using var changes = client.Listen(Control.ControlSocket.StateChanged);
            await client.ConnectAsync(cancellationToken);
            await ShowAsync(options, client, changes, TimeProvider.System, cancellationToken);
            return 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        catch (IOException e) when (StandardOutput.IsReadNoMore(e))
        {
            // As head does, who read it has had enough.
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"{Cli.Program} status: the output cannot be written: {e.Message}");
            return 1;
        }
        catch (QmpException e)
        {
            await Console.Error.WriteLineAsync($"{Cli.Program} status: {Sentence(options, e)}");
            return 1;
        }
    }

    private static async Task ShowAsync(
        StatusOptions options, QmpClient client, QmpEventListener changes, TimeProvider time, CancellationToken cancellationToken)
    {
        var output = StandardOutput.Open();
        var before = await StatusSample.TakeAsync(client, time, cancellationToken);
        var interval = _firstInterval;
        do
        {
            if (!options.Json || options.Watch)
                await WaitAsync(changes, interval, time, cancellationToken);
            var now = await StatusSample.TakeAsync(client, time, cancellationToken);
            Show(output, options, now, before, time.GetElapsedTime(before.At, now.At).TotalSeconds);
            before = now;
            interval = _interval;
        }
        while (options.Watch);
    }

    private static void Show(TextWriter output, StatusOptions options, StatusSample now, StatusSample before, double seconds)
    {
        if (options.Json)
        {
            output.WriteLine(now.ToJson().ToJsonString());
            return;
        }

        var isTerminal = !Console.IsOutputRedirected;
        var screen = StatusScreen.Draw(now, before, seconds, TimeZoneInfo.Local, isTerminal ? Math.Max(20, Console.WindowWidth) : int.MaxValue);
        if (!options.Watch)
            output.Write(screen);
        else if (isTerminal)
            output.Write(Redrawn(Fitted(screen, Math.Max(3, Console.WindowHeight))));
        else
            output.Write(screen + "\n");
    }

    // The client's own words are about QEMU's monitor.
    private static string Sentence(StatusOptions options, QmpException exception) => exception switch
    {
        QmpConnectException { Reason: QmpConnectFailure.NotFound } =>
            $"There is no {options.Control}: give the address that 'run' was given with --control; perhaps it has ended.",
        QmpConnectException { Reason: QmpConnectFailure.Refused } =>
            $"Nothing listens at {options.Control}: the qmp-redirector that was started with this --control has ended.",
        QmpConnectException { Reason: QmpConnectFailure.PermissionDenied } =>
            $"This user may not connect to {options.Control}: only the user 'run' runs as may, and root.",
        QmpConnectException { Reason: QmpConnectFailure.NoGreeting or QmpConnectFailure.Timeout } =>
            $"{options.Control} does not answer as a qmp-redirector's --control does: perhaps it is a chardev, or a monitor in use.",
        QmpCommandException { ErrorClass: QmpErrorClass.CommandNotFound } =>
            $"{options.Control} is a QMP socket, but no qmp-redirector's: give the address that 'run' was given with --control.",
        QmpDisconnectedException => $"{options.Control} closed the connection: qmp-redirector has ended.",
        _ => exception.Message,
    };

    // What is too high would scroll, and the next drawing begin in the middle of it.
    private static string Fitted(string screen, int height)
    {
        var lines = screen.Split('\n')[..^1];
        return lines.Length < height ? screen : $"{string.Join('\n', lines[..(height - 2)])}\n... {lines.Length - height + 2} more lines\n";
    }

    // ECMA-48: to the top left, each line cleared behind what is written, then the rest of the screen. Nothing flickers.
    private static string Redrawn(string screen) => "\x1b[H" + screen.Replace("\n", "\x1b[K\n", StringComparison.Ordinal) + "\x1b[J";

    /// <summary>Waits until the time is over or a redirector has changed its state.</summary>
    private static async Task WaitAsync(
        QmpEventListener changes, TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            // At the connection's end this returns at once, and the next question says so.
            await changes.WaitToReadAsync(either.Token);
            while (changes.TryRead(out _))
            {
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
        }
    }
}
