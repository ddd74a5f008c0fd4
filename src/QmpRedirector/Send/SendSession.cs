using QmpRedirector.Net;

namespace QmpRedirector.Send;

/// <summary>Sends a capture file to a chardev's peer: the whole of <c>qmp-redirector send</c> behind the options.</summary>
/// <param name="settings">How to send.</param>
/// <param name="time">Paces and times it.</param>
/// <param name="diagnostics">Takes errors and the closing report.</param>
/// <param name="isTerminal">Redraw a progress line on <paramref name="diagnostics"/>.</param>
internal sealed class SendSession(SendSettings settings, TimeProvider time, TextWriter diagnostics, bool isTerminal)
{
    private const int Done = 0;
    private const int Failed = 1;

    private readonly SendCounts _counts = new();
    private long _start;
    private TimeSpan _duration;

    /// <summary>Sends every frame of the file that can be sent, until its end, the peer's, or until cancelled.</summary>
    /// <param name="name">The file's name, for sentences.</param>
    /// <param name="file">Read from where it stands; left open.</param>
    /// <param name="options">The chardev to open.</param>
    /// <param name="cancellationToken">Finishes the current frame and ends, which is a clean end.</param>
    /// <returns>The exit code: 0, or 1 when the file could not be read to its end or the peer left.</returns>
    /// <exception cref="ChardevException">The chardev cannot be opened.</exception>
    public async Task<int> RunAsync(string name, Stream file, SocketChardevOptions options, CancellationToken cancellationToken)
    {
        List<string> problems = [];
        using (var progress = isTerminal ? new SendProgress(diagnostics, time, _counts, () => Fraction(file)) : null)
        {
            try
            {
                await SendAsync(new CaptureSource(file), options, progress, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
            }
            catch (Exception e) when (e is PcapException or IOException and not ChardevException)
            {
                problems.Add($"cannot read {name}{(e is PcapException ? " at " : ": ")}{e.Message}");
            }
            catch (PeerGoneException e)
            {
                problems.Add($"the peer {e.Message}; it had been sent {SendReport.Count(_counts.Frames)}");
            }
        }

        foreach (var line in problems.Select(static problem => $"error: {problem}").Concat(SendReport.Lines(_counts, _duration)))
            await diagnostics.WriteLineAsync(line);
        return problems.Count == 0 ? Done : Failed;
    }

    private async Task SendAsync(
        CaptureSource source, SocketChardevOptions options, SendProgress? progress, CancellationToken cancellationToken)
    {
        using SocketChardev chardev = new(options, time);
        if (options.Server)
            await chardev.OpenAsync(cancellationToken);
        // A QEMU reads no second connection, so none is wasted on a file that is no capture.
        if (!await source.MoveNextAsync(cancellationToken))
            return;
        progress?.Wait($"waiting for a peer at {options.Address}");
        if (!options.Server)
            await chardev.OpenAsync(cancellationToken);
        using var peer = (await chardev.NextPeerAsync(cancellationToken))!;
        progress?.Wait(null);

        PeerWriter writer = new(peer, time);
        try
        {
            _start = time.GetTimestamp();
            await SendFramesAsync(source, writer, cancellationToken);
        }
        catch (Exception e) when (e is not PeerGoneException)
        {
            // Whatever ended it, the peer gets to read what it was sent.
            await writer.CloseAsync(cancellationToken);
            throw;
        }
        finally
        {
            _duration = time.GetElapsedTime(_start);
        }

        await writer.CloseAsync(cancellationToken);
    }

    private async Task SendFramesAsync(CaptureSource source, PeerWriter writer, CancellationToken cancellationToken)
    {
        OutgoingFrame outgoing = new(settings);
        FramePacer? pacer = settings.Realtime ? new(time) : null;
        do
        {
            if (outgoing.Refuses(source.Current) is { } reason)
            {
                _counts.Skip(reason);
                continue;
            }

            if (pacer is not null)
                await pacer.WaitAsync(source.Current.Timestamp, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            var payload = outgoing.PayloadLength(source.Current);
            await writer.SendAsync(outgoing.Build(source.Current), cancellationToken);
            _counts.Sent(payload);
        }
        while (await source.MoveNextAsync(cancellationToken));
    }

    private static double? Fraction(Stream file) => file.CanSeek && file.Length > 0 ? (double)file.Position / file.Length : null;
}
