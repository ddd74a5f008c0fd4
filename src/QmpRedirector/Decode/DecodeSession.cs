using QmpRedirector.Net;
using QmpRedirector.Running;

namespace QmpRedirector.Decode;

/// <summary>
/// Reads a chardev's stream to its end and shows its frames: the whole of <c>qmp-redirector decode</c> behind the options.
/// </summary>
/// <param name="timeProvider">Gives the time of reading, in local time.</param>
/// <param name="openStandardOutput">What <c>-w -</c> writes to; the process's standard output if null.</param>
internal sealed class DecodeSession(TimeProvider timeProvider, Func<Stream>? openStandardOutput = null)
{
    private const int Clean = 0;
    private const int Broken = 1;

    /// <summary>Shows frames until the stream ends, <see cref="DecodeSettings.Count"/> is reached or it is cancelled.</summary>
    /// <param name="input">The stream; left open.</param>
    /// <param name="settings">How to read it.</param>
    /// <param name="output">One line a frame; flushed after each read, so it need not flush by itself.</param>
    /// <param name="diagnostics">Hints, errors, and the closing report.</param>
    /// <param name="cancellationToken">Ends it between two reads, which is a clean end.</param>
    /// <returns>The exit code: 0, or 1 when the stream was broken, or could not be read or written on.</returns>
    public async Task<int> RunAsync(
        Stream input, DecodeSettings settings, TextWriter output, TextWriter diagnostics, CancellationToken cancellationToken)
    {
        try
        {
            var capture = settings.WriteFile is { } path ? CaptureFile.Open(path, openStandardOutput ?? Console.OpenStandardOutput) : null;
            await using (capture)
            {
                var lines = settings.WriteFile == CaptureFile.StandardOutput ? null : output;
                var printer = new FramePrinter(settings, lines, capture is null ? null : new PcapngWriter(capture, CaptureFile.Section));
                var loop = new DecodeLoop(settings, printer, output, capture, diagnostics, timeProvider);
                var clean = await loop.RunAsync(input, cancellationToken);
                printer.Finish(timeProvider.GetUtcNow());
                await loop.FlushAsync();
                var frames = printer.Frames == 1 ? "1 frame" : $"{printer.Frames} frames";
                await diagnostics.WriteLineAsync($"{frames}, {printer.Bytes} bytes ({loop.Position} with their framing)");
                return clean ? Clean : Broken;
            }
        }
        catch (IOException e) when (StandardOutput.IsReadNoMore(e))
        {
            // As head does, who read it has had enough.
            return Clean;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await diagnostics.WriteLineAsync($"error: cannot write {settings.WriteFile ?? "the output"}: {e.Message}");
            return Broken;
        }
    }
}
