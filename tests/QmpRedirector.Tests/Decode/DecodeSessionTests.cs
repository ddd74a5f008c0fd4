using System.IO.Pipelines;
using CsCheck;
using QmpRedirector.Decode;
using static QmpRedirector.Tests.Decode.DecodeSamples;

namespace QmpRedirector.Tests.Decode;

internal sealed class DecodeSessionTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    [Test]
    public async Task Each_frame_is_a_line_and_the_end_a_report()
    {
        var run = await DecodeRun.OfAsync(Plain(Udp, Arp));
        Assert.That(run.Lines, Is.EqualTo(new[]
        {
            $"1 12:34:56.123456 {UdpSummary} (frame length 64)",
            $"2 12:34:56.123456 {ArpSummary} (frame length 42)",
        }));
        Assert.That(run.Diagnostics, Is.EqualTo(new[] { "2 frames, 106 bytes (114 with their framing)" }));
        Assert.That(run.ExitCode, Is.Zero);
    }

    [Test]
    public async Task An_empty_stream_is_a_clean_end()
    {
        var run = await DecodeRun.OfAsync([]);
        Assert.That((run.ExitCode, run.Lines.Length), Is.EqualTo((0, 0)));
        Assert.That(run.Diagnostics, Is.EqualTo(new[] { "0 frames, 0 bytes (0 with their framing)" }));
    }

    [Test]
    public async Task With_vnet_hdr_support_the_announced_header_is_taken_off_and_shown()
    {
        var run = await DecodeRun.OfAsync(
            WithSupport(12, [.. UnfinishedChecksum, .. Udp], [.. SuperFrame, .. Arp], [.. new byte[12], .. Arp]),
            new DecodeSettings { VnetHdrSupport = true });
        Assert.That(run.Lines, Is.EqualTo(new[]
        {
            $"1 12:34:56.123456 vnet 12 [csum 34+6] {UdpSummary} (frame length 64)",
            $"2 12:34:56.123456 vnet 12 [csum 34+16] [tso4 1448] {ArpSummary} (frame length 42)",
            $"3 12:34:56.123456 vnet 12 {ArpSummary} (frame length 42)",
        }));
        Assert.That(run.Diagnostics, Is.EqualTo(new[] { "3 frames, 184 bytes (208 with their framing)" }));
    }

    [Test]
    public async Task A_header_length_given_prevails_over_the_announced_one()
    {
        var run = await DecodeRun.OfAsync(
            WithSupport(12, [.. new byte[10], .. Arp]), new DecodeSettings { VnetHdrSupport = true, VnetHdrLen = 10 });
        Assert.That(run.Lines, Is.EqualTo(new[] { $"1 12:34:56.123456 vnet 10 [12 announced] {ArpSummary} (frame length 42)" }));
    }

    [Test]
    public async Task A_header_length_given_needs_no_vnet_hdr_support()
    {
        var run = await DecodeRun.OfAsync(Plain([.. UnfinishedChecksum, .. Udp]), new DecodeSettings { VnetHdrLen = 12 });
        Assert.That(run.Lines, Is.EqualTo(new[] { $"1 12:34:56.123456 vnet 12 [csum 34+6] {UdpSummary} (frame length 64)" }));
    }

    [Test]
    public async Task A_frame_shorter_than_its_header_is_shown_as_cut()
    {
        var run = await DecodeRun.OfAsync(
            [0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, .. WithSupport(5, [[1, 2, 3, 4, 5]])],
            new DecodeSettings { VnetHdrSupport = true });
        Assert.That(run.Lines, Is.EqualTo(new[]
        {
            "1 12:34:56.123456 vnet 3 [4294967295 announced] [|vnet] (frame length 0)",
            "2 12:34:56.123456 vnet 5 [|ether] (frame length 0)",
        }));
    }

    [Test]
    public async Task A_bad_checksum_is_marked_unless_it_is_only_unfinished()
    {
        var bad = Udp.ToArray();
        bad[40] ^= 0xff;
        var run = await DecodeRun.OfAsync(
            WithSupport(12, [.. new byte[12], .. bad], [.. UnfinishedChecksum, .. bad]), new DecodeSettings { VnetHdrSupport = true });
        Assert.That(run.Lines[0], Does.Contain("[bad udp cksum 0x644f -> 0x9b4f!]"));
        Assert.That(run.Lines[1], Does.Not.Contain("cksum"));
    }

    [Test]
    public async Task It_ends_after_the_frames_asked_for()
    {
        var run = await DecodeRun.OfAsync([.. Plain(Udp, Arp), 0, 0, 0, 0], new DecodeSettings { Count = 2 });
        Assert.That((run.ExitCode, run.Lines.Length), Is.EqualTo((0, 2)));
        Assert.That(run.Diagnostics, Is.EqualTo(new[] { "2 frames, 106 bytes (114 with their framing)" }));
    }

    [TestCase(1, "error: the stream ended inside frame 2, after 1 bytes of it: at least 3 are missing")]
    [TestCase(4, "error: the stream ended inside frame 2, after 4 bytes of it: 42 are missing")]
    [TestCase(45, "error: the stream ended inside frame 2, after 45 bytes of it: 1 are missing")]
    public async Task A_stream_that_ends_inside_a_frame_is_broken(int here, string message)
    {
        var run = await DecodeRun.OfAsync([.. Plain(Udp), .. Plain(Arp)[..here]]);
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Lines, Has.Length.EqualTo(1));
        Assert.That(run.Diagnostics, Is.EqualTo(new[] { message, "1 frame, 64 bytes (68 with their framing)" }));
    }

    [Test]
    public async Task Any_split_gives_the_same_lines()
    {
        var stream = Plain(Udp, Arp, Udp);
        var whole = await DecodeRun.OfAsync(stream);
        for (var size = 1; size < stream.Length; size++)
        {
            var run = await DecodeRun.OfAsync(new ScriptedStream([.. stream.Chunk(size)]));
            Assert.That(run.Lines, Is.EqualTo(whole.Lines), $"reads of {size}");
        }
    }

    [Test]
    public async Task A_failed_read_is_told_with_its_place()
    {
        var run = await DecodeRun.OfAsync(new ScriptedStream([Plain(Udp), [0, 0]], new IOException("Connection reset by peer")));
        Assert.That((run.ExitCode, run.Lines.Length), Is.EqualTo((1, 1)));
        Assert.That(run.Diagnostics[0], Is.EqualTo("error: reading failed at byte 70: Connection reset by peer"));
    }

    [Test]
    public async Task A_frame_is_shown_before_the_next_one_comes()
    {
        var input = new Pipe();
        var output = new Pipe();
        await using var writer = new StreamWriter(output.Writer.AsStream());
        using var reader = new StreamReader(output.Reader.AsStream());
        using var diagnostics = new StringWriter();
        var session = new DecodeSession(DecodeRun.Clock())
            .RunAsync(input.Reader.AsStream(), new DecodeSettings(), writer, diagnostics, CancellationToken.None);
        foreach (var (frame, summary) in ((byte[], string)[])[(Udp, UdpSummary), (Arp, ArpSummary)])
        {
            await input.Writer.WriteAsync(Plain(frame));
            Assert.That(await reader.ReadLineAsync().WaitAsync(_patience), Does.Contain(summary));
        }

        await input.Writer.CompleteAsync();
        Assert.That(await session.WaitAsync(_patience), Is.Zero);
    }

    [Test]
    public async Task Cancelled_it_reports_and_ends_cleanly_even_inside_a_frame()
    {
        using var stop = new CancellationTokenSource();
        var input = new Pipe();
        await input.Writer.WriteAsync((byte[])[.. Plain(Udp), 0, 0]);
        var run = DecodeRun.OfAsync(input.Reader.AsStream(), cancellationToken: stop.Token);
        await stop.CancelAsync();
        Assert.That((await run).ExitCode, Is.Zero);
        Assert.That((await run).Diagnostics[^1], Does.Contain(" frame"));
    }

    [Test]
    public async Task Cancelled_it_does_not_wait_for_a_read_that_no_token_reaches()
    {
        using var stop = new CancellationTokenSource();
        var run = DecodeRun.OfAsync(new ScriptedStream([], endless: true), cancellationToken: stop.Token);
        await stop.CancelAsync();
        Assert.That((await run).ExitCode, Is.Zero);
    }

    [Test]
    public Task Any_bytes_end_with_an_exit_code_and_a_report() =>
        Gen.Select(
                Gen.Frequency((1, Gen.Byte), (2, Gen.Byte[0, 40]), (5, Gen.Const((byte)0))).Array[0, 200],
                Gen.Bool,
                Gen.Int[0, 30],
                Gen.Int[1, 20])
            .SampleAsync(
                async (tail, support, vnetHdrLen, split) =>
                {
                    byte[] stream = [0, 0, 0, (byte)Math.Max(1, tail.Length / 2), .. tail];
                    var settings = new DecodeSettings { VnetHdrSupport = support, VnetHdrLen = vnetHdrLen > 24 ? null : vnetHdrLen };
                    var run = await DecodeRun.OfAsync(new ScriptedStream([.. stream.Chunk(split)]), settings);
                    Assert.That(run.ExitCode, Is.Zero.Or.EqualTo(1));
                    Assert.That(run.Diagnostics[^1], Does.StartWith($"{run.Lines.Length} frame"));
                },
                iter: 20_000);
}
