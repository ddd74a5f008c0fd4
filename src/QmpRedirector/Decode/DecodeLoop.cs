using QmpRedirector.Net;

namespace QmpRedirector.Decode;

/// <summary>Reads, shows what was read, flushes, until there is a reason to stop.</summary>
internal sealed class DecodeLoop(
    DecodeSettings settings, FramePrinter printer, TextWriter output, Stream? capture, TextWriter diagnostics, TimeProvider timeProvider)
{
    private readonly FrameReader _reader = new(settings.VnetHdrSupport);
    private readonly StreamHints _hints = new(settings);

    /// <summary>Bytes of the stream that were whole frames, framing included.</summary>
    public long Position => _reader.Position;

    private bool IsCountReached => printer.Frames >= settings.Count;

    /// <returns>False when the stream was broken: an impossible length, an end inside a frame, a failed read.</returns>
    public async Task<bool> RunAsync(Stream input, CancellationToken cancellationToken)
    {
        // A reader of the capture waits for its first blocks, which were written before any frame.
        await FlushAsync();
        while (!IsCountReached)
        {
            int count;
            try
            {
                // Standard input and files block a thread that no token reaches, so the wait is what is cancelled.
                count = await input.ReadAsync(_reader.GetMemory(), cancellationToken).AsTask().WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return true;
            }
            catch (IOException e)
            {
                await diagnostics.WriteLineAsync($"error: reading failed at byte {Position + _reader.Pending}: {e.Message}");
                return false;
            }

            if (count == 0)
                return await EndAsync();
            _reader.Advance(count);
            var error = ShowFrames();
            await FlushAsync();
            if (error is not null)
            {
                await diagnostics.WriteLineAsync($"error: {StreamHints.Explain(error)}");
                return false;
            }
        }

        return true;
    }

    public async Task FlushAsync()
    {
        await output.FlushAsync(CancellationToken.None);
        if (capture is not null)
            await capture.FlushAsync(CancellationToken.None);
    }

    private FramingException? ShowFrames()
    {
        var now = timeProvider.GetLocalNow();
        try
        {
            while (!IsCountReached && _reader.TryRead(out var frame))
            {
                printer.Print(frame, now);
                if (_hints.Look(frame) is { } hint)
                    diagnostics.WriteLine($"hint: frame {printer.Frames} {hint}");
            }

            return null;
        }
        catch (FramingException e)
        {
            return e;
        }
    }

    private async Task<bool> EndAsync()
    {
        if (_reader.Pending == 0)
            return true;
        var least = _reader.Pending < sizeof(uint) ? "at least " : "";
        await diagnostics.WriteLineAsync(
            $"error: the stream ended inside frame {printer.Frames + 1}, after {_reader.Pending} bytes of it:"
            + $" {least}{_reader.Missing} are missing");
        return false;
    }
}
