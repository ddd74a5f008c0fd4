using QmpRedirector.Decode;
using static QmpRedirector.Tests.Decode.DecodeSamples;

namespace QmpRedirector.Tests.Decode;

internal sealed class DecodeHintTests
{
    private static readonly int[] _headerSizes = [0, 10, 12, 20, 24];

    [Test]
    public async Task A_stream_with_vnet_hdr_support_is_noticed_without_it([ValueSource(nameof(_headerSizes))] int size)
    {
        var run = await DecodeRun.OfAsync(WithSupport(size, [.. new byte[size], .. Udp]));
        Assert.That(run.Diagnostics, Has.One.EqualTo("hint: frame 1 looks like vnet_hdr_support=on: try --vnet-hdr-support"));
    }

    [Test]
    public async Task A_sender_off_by_two_is_noticed_without_vnet_hdr_support()
    {
        var run = await DecodeRun.OfAsync(WithSupport(12, [.. new byte[10], .. Udp]));
        Assert.That(run.Diagnostics, Has.One.EqualTo("hint: frame 1 looks like vnet_hdr_support=on: try --vnet-hdr-support"));
    }

    [TestCase(0)]
    [TestCase(10)]
    [TestCase(12)]
    [TestCase(20)]
    public async Task A_stream_without_vnet_hdr_support_is_noticed_with_it(int size)
    {
        byte[] payload = [.. new byte[size], .. Udp];
        var run = await DecodeRun.OfAsync(Plain(payload, payload), new DecodeSettings { VnetHdrSupport = true });
        Assert.That(run.Diagnostics, Has.One.EqualTo("hint: frame 1 looks like vnet_hdr_support=off: try without --vnet-hdr-support"));
        Assert.That(run.ExitCode, Is.EqualTo(1), "and cannot be read on");
    }

    [Test]
    public async Task A_header_length_no_header_has_is_noticed()
    {
        byte[] payload = [7, 7, 7, 7, .. new byte[60]];
        var run = await DecodeRun.OfAsync(Plain(payload, Udp), new DecodeSettings { VnetHdrSupport = true });
        Assert.That(run.Diagnostics[0], Is.EqualTo(
            "hint: frame 1 looks like vnet_hdr_support=off (no vnet header has the 117901063 bytes announced):"
            + " try without --vnet-hdr-support"));
    }

    [Test]
    public async Task A_header_not_taken_off_is_noticed([Values(10, 12, 20, 24)] int size)
    {
        var run = await DecodeRun.OfAsync(Plain([.. new byte[size], .. Udp], [.. new byte[size], .. Arp]));
        Assert.That(run.Diagnostics[0], Does.EndWith($" looks like frames carry a {size}-byte vnet header: try --vnet-hdr-len {size}"));
        Assert.That(run.Diagnostics, Has.Length.EqualTo(2), "one hint is enough");
    }

    [Test]
    public async Task A_header_taken_off_that_is_not_there_is_noticed()
    {
        var run = await DecodeRun.OfAsync(WithSupport(12, Udp), new DecodeSettings { VnetHdrSupport = true });
        Assert.That(run.Diagnostics[0], Is.EqualTo("hint: frame 1 looks like frames carry no vnet header: try --vnet-hdr-len 0"));
    }

    [Test]
    public async Task A_sender_that_announces_two_bytes_too_many_is_noticed()
    {
        var run = await DecodeRun.OfAsync(WithSupport(12, [.. new byte[10], .. Arp]), new DecodeSettings { VnetHdrSupport = true });
        Assert.That(run.Diagnostics[0], Is.EqualTo("hint: frame 1 looks like frames carry a 10-byte vnet header: try --vnet-hdr-len 10"));
    }

    [Test]
    public async Task A_tagged_frame_is_recognised_behind_its_header()
    {
        byte[] tagged = [.. Udp[..12], 0x81, 0, 0, 5, .. Udp[12..]];
        var run = await DecodeRun.OfAsync(Plain([.. new byte[12], .. tagged]));
        Assert.That(run.Diagnostics[0], Does.StartWith("hint: frame 1 looks like frames carry a 12-byte vnet header"));
    }

    [Test]
    public async Task A_frame_of_an_unknown_kind_gives_no_hint()
    {
        var run = await DecodeRun.OfAsync(Plain([.. Udp[..12], 0x88, 0xb5, .. new byte[50]]));
        Assert.That(run.Diagnostics, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Once_a_frame_made_sense_no_other_is_doubted()
    {
        var run = await DecodeRun.OfAsync(Plain(Udp, [.. new byte[12], .. Udp]));
        Assert.That(run.Diagnostics, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_length_too_long_asks_for_vnet_hdr_support()
    {
        var run = await DecodeRun.OfAsync([.. Plain(Arp), 0x0c, 0, 0, 0]);
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Diagnostics, Is.EqualTo(new[]
        {
            "error: length 201326592 at byte 46 is over 69632: is vnet_hdr_support set on one side only?",
            "1 frame, 42 bytes (46 with their framing)",
        }));
    }

    [Test]
    public async Task An_empty_frame_asks_for_vnet_hdr_support()
    {
        var run = await DecodeRun.OfAsync([.. Plain(Arp), 0, 0, 0, 0]);
        Assert.That(run.Diagnostics[0], Is.EqualTo(
            "error: length 0 at byte 46: an empty frame is never sent; is vnet_hdr_support set on one side only?"));
    }

    [TestCase("d4c3b2a1")]
    [TestCase("a1b2c3d4")]
    [TestCase("4d3cb2a1")]
    [TestCase("a1b23c4d")]
    [TestCase("0a0d0d0a")]
    public async Task A_capture_file_is_told_from_a_stream(string magic)
    {
        var run = await DecodeRun.OfAsync([.. Convert.FromHexString(magic), .. new byte[20]]);
        Assert.That((run.ExitCode, run.Diagnostics[0]), Is.EqualTo(
            (1, "error: this is a capture file (pcap or pcapng), not a chardev's stream: tcpdump -r and Wireshark read it")));
    }
}
