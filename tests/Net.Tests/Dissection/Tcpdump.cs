using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace QmpRedirector.Net.Tests;

/// <summary>The tcpdump of the machine, reading a capture from its standard input.</summary>
internal static partial class Tcpdump
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    /// <summary>A classic pcap file of whole Ethernet frames (pcap-savefile(5)), so as not to lean on our own writer.</summary>
    public static byte[] Pcap(IEnumerable<byte[]> frames)
    {
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        foreach (var word in (uint[])[0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1])
            writer.Write(word);
        foreach (var frame in frames)
        {
            foreach (var word in (int[])[0, 0, frame.Length, frame.Length])
                writer.Write(word);
            writer.Write(frame);
        }

        return file.ToArray();
    }

    /// <summary>What <c>tcpdump -n -S -r - arguments</c> prints, line by line.</summary>
    public static string[] Read(byte[] capture, params string[] arguments)
    {
        var start = new ProcessStartInfo("tcpdump", ["-n", "-S", "-r", "-", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEndAsync();
            process.StandardInput.BaseStream.Write(capture);
            process.StandardInput.Close();
            if (!process.WaitForExit(_patience))
            {
                process.Kill();
                Assert.Fail($"tcpdump was not done after {_patience}.");
            }

            Assert.That(process.ExitCode, Is.Zero, errors.GetAwaiter().GetResult());
            return output.GetAwaiter().GetResult().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Win32Exception e)
        {
            throw new AssertionException($"tcpdump cannot be started: scripts/test.sh installs what the tests need. {e.Message}", e);
        }
    }

    /// <summary>tcpdump's spaces are not ours: it has one before "[|ip]", and two where that follows one.</summary>
    public static string Normalise(string line) => Spaces().Replace(line, " ").Trim();

    [GeneratedRegex("[ \t]+")]
    private static partial Regex Spaces();
}
