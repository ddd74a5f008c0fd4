using System.Diagnostics;
using QmpRedirector.SystemTests.Kit;
using QmpRedirector.Testing;

namespace QmpRedirector.SystemTests;

/// <summary>Commands whose output nobody reads any more.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class ReaderGoneTests
{
    [TestCase("decode -")]
    [TestCase("decode - -w -")]
    public async Task Decode_of_a_stream_that_goes_on_ends_with_its_reader(string arguments)
    {
        // What head exits with is not asked: pipefail gives the status of decode.
        var command = $"set -o pipefail; '{string.Join("' '", Sidecar.Command)}' {arguments} | head -c 1";
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        byte[] frame = [0, 0, 0, 60, .. Frames.Numbered(1, 60)];
        var input = shell.StandardInput.BaseStream;
        try
        {
            while (!shell.HasExited)
            {
                await Bounded.WaitAsync(input.WriteAsync(frame).AsTask(), "decode takes another frame, or ends");
                await input.FlushAsync();
            }
        }
        catch (IOException)
        {
            // It has ended between two frames.
        }

        await Bounded.WaitAsync(shell.WaitForExitAsync(), "decode to end");
        Assert.That(shell.ExitCode, Is.Zero, await shell.StandardError.ReadToEndAsync());
    }
}
