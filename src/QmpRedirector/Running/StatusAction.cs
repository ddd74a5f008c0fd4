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
        catch (QmpException e)
        {
            await Console.Error.WriteLineAsync($"{Cli.Program}: {e.Message}");
            return 1;
        }
    }

    private static async Task ShowAsync(
        StatusOptions options, QmpClient client, QmpEventListener changes, TimeProvider time, CancellationToken cancellationToken)
    {
        var before = await StatusSample.TakeAsync(client, time, cancellationToken);
        var interval = _firstInterval;
        do
        {
            if (!options.Json || options.Watch)
                await WaitAsync(changes, interval, time, cancellationToken);
            var now = await StatusSample.TakeAsync(client, time, cancellationToken);
            Show(options, now, before, time.GetElapsedTime(before.At, now.At).TotalSeconds);
            before = now;
            interval = _interval;
        }
        while (options.Watch);
    }

    private static void Show(StatusOptions options, StatusSample now, StatusSample before, double seconds)
    {
        if (options.Json)
        {
            Console.Out.WriteLine(now.ToJson().ToJsonString());
            return;
        }

        var isTerminal = !Console.IsOutputRedirected;
        var screen = StatusScreen.Draw(now, before, seconds, isTerminal ? Math.Max(20, Console.WindowWidth) : int.MaxValue);
        if (!options.Watch)
            Console.Out.Write(screen);
        else if (isTerminal)
            Console.Out.Write(Redrawn(screen));
        else
            Console.Out.Write(screen + "\n");
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
