using System.ComponentModel;
using System.Diagnostics;
using QmpRedirector.Decode;
using static QmpRedirector.Tests.Decode.DecodeSamples;

namespace QmpRedirector.Tests.Decode;

internal sealed class DecodeCaptureTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private string _directory = "";

    [SetUp]
    public void MakeDirectory() => _directory = Directory.CreateTempSubdirectory("decode-").FullName;

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(_directory, recursive: true);

    [Test]
    public async Task Tcpdump_reads_what_is_written_and_the_lines_are_shown_too()
    {
        var path = Path.Combine(_directory, "frames.pcapng");
        var run = await DecodeRun.OfAsync(
            WithSupport(12, [.. UnfinishedChecksum, .. Udp], [.. new byte[12], .. Arp]),
            new DecodeSettings { VnetHdrSupport = true, WriteFile = path });
        Assert.That((run.ExitCode, run.Lines.Length), Is.EqualTo((0, 2)));
        Assert.That(ReadWithTcpdump(await File.ReadAllBytesAsync(path)), Is.EqualTo(new[]
        {
            $"1775039696.123456700 {UdpSummary}",
            $"1775039696.123456700 {ArpSummary}",
        }));
    }

    [Test]
    public async Task The_frame_is_written_as_it_came_and_its_header_as_a_comment()
    {
        var path = Path.Combine(_directory, "frames.pcapng");
        await DecodeRun.OfAsync(
            WithSupport(12, [.. UnfinishedChecksum, .. Udp]), new DecodeSettings { VnetHdrSupport = true, WriteFile = path });
        var file = await File.ReadAllBytesAsync(path);
        var comment = "vnet_hdr_len=12 flags=1 gso_type=0 hdr_len=0 gso_size=0 csum_start=34 csum_offset=6"u8;
        Assert.That(file.AsSpan().IndexOf(Udp), Is.Positive);
        Assert.That(file.AsSpan().IndexOf(UnfinishedChecksum), Is.Negative);
        Assert.That(file.AsSpan().IndexOf(comment), Is.Positive);
    }

    [Test]
    public async Task The_file_is_the_owners_alone()
    {
        var path = Path.Combine(_directory, "frames.pcapng");
        await DecodeRun.OfAsync(Plain(Udp), new DecodeSettings { WriteFile = path });
        Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public async Task Written_to_standard_output_it_is_alone_there()
    {
        using var standardOutput = new MemoryStream();
        var run = await DecodeRun.OfAsync(
            new MemoryStream(Plain(Udp, Arp)), new DecodeSettings { WriteFile = "-" }, () => standardOutput);
        Assert.That((run.ExitCode, run.Lines.Length), Is.EqualTo((0, 0)));
        Assert.That(run.Diagnostics, Is.EqualTo(new[] { "2 frames, 106 bytes (114 with their framing)" }));
        Assert.That(ReadWithTcpdump(standardOutput.ToArray()), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task A_broken_stream_leaves_a_whole_file_of_what_came()
    {
        var path = Path.Combine(_directory, "frames.pcapng");
        var run = await DecodeRun.OfAsync([.. Plain(Udp), 0xff, 0xff, 0xff, 0xff], new DecodeSettings { WriteFile = path });
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(ReadWithTcpdump(await File.ReadAllBytesAsync(path)), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_file_that_cannot_be_written_is_an_error()
    {
        var path = Path.Combine(_directory, "no", "such", "frames.pcapng");
        var run = await DecodeRun.OfAsync(Plain(Udp), new DecodeSettings { WriteFile = path });
        Assert.That((run.ExitCode, run.Lines.Length), Is.EqualTo((1, 0)));
        Assert.That(run.Diagnostics, Has.Length.EqualTo(1).And.One.StartsWith($"error: cannot write {path}: "));
    }

    [Test]
    public async Task A_full_disk_is_an_error()
    {
        var run = await DecodeRun.OfAsync(Plain(Udp), new DecodeSettings { WriteFile = "/dev/full" });
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Diagnostics, Has.One.StartsWith("error: cannot write /dev/full: "));
    }

    private static string[] ReadWithTcpdump(byte[] capture)
    {
        var start = new ProcessStartInfo("tcpdump", ["-n", "-tt", "--time-stamp-precision=nano", "-r", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            process.StandardInput.BaseStream.Write(capture);
            process.StandardInput.Close();
            Assert.That(process.WaitForExit(_patience), "tcpdump ends");
            Assert.That(process.ExitCode, Is.Zero, errors.GetAwaiter().GetResult());
            return output.GetAwaiter().GetResult().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Win32Exception e)
        {
            throw new AssertionException($"tcpdump cannot be started: scripts/test.sh installs what the tests need. {e.Message}", e);
        }
    }
}
