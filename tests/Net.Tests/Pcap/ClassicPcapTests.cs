namespace QmpRedirector.Net.Tests;

internal sealed class ClassicPcapTests
{
    private static readonly byte[] _frame = TestFrames.Ethernet(0x0806, TestFrames.Arp(1));

    [Test]
    public void Both_byte_orders_and_both_resolutions_are_read([Values] bool bigEndian, [Values] bool nanoseconds)
    {
        PcapSamples samples = new(bigEndian);
        var fraction = nanoseconds ? 123_456_789 : 123_456;
        var file = PcapFile.Read([.. samples.Pcap(nanoseconds), .. samples.Record(_frame, fraction: fraction), .. samples.Record([1])]);

        Assert.That(file.Error, Is.Null);
        Assert.That(file.Frames[0], Is.EqualTo(new PcapFile.Packet(
            Convert.ToHexString(_frame), _frame.Length, nanoseconds ? PcapSamples.Time : PcapSamples.Time / 1000 * 1000, 24)));
        Assert.That((file.Frames[1].Bytes, file.Frames[1].Offset), Is.EqualTo(("01", 24L + 16 + _frame.Length)));
    }

    [Test]
    public void A_file_of_no_packets_is_whole() =>
        Assert.That(PcapFile.Read(new PcapSamples(false).Pcap()) is { Error: null, Frames: [] }, Is.True);

    [Test]
    public void A_frame_cut_by_the_snapshot_length_says_so()
    {
        PcapReader reader = new();
        byte[] file = [.. new PcapSamples(false).Pcap(), .. new PcapSamples(false).Record([1, 2], length: 3)];
        file.CopyTo(reader.GetMemory());
        reader.Advance(file.Length);

        Assert.That(reader.TryRead(out var frame), Is.True);
        Assert.That((frame.IsTruncated, frame.Bytes.Length, frame.OriginalLength), Is.EqualTo((true, 2, 3L)));
    }

    // LT_FCS: 2 words of FCS, and the bit that says they are there.
    [TestCase(5, 5, "0A", 1)]
    [TestCase(4, 6, "0A09", 2)]
    [TestCase(1, 6, "0A", 2)]
    [TestCase(3, 3, "", 0)]
    public void A_checksum_at_the_end_of_frames_is_not_theirs(int captured, int length, string bytes, int without)
    {
        byte[] frame = [10, 9, 8, 7, 6];
        var file = PcapFile.Read(
            [.. new PcapSamples(false).Pcap(linkType: 0x2400_0001), .. new PcapSamples(false).Record(frame[..captured], length)]);
        Assert.That((file.Frames[0].Bytes, file.Frames[0].Length), Is.EqualTo((bytes, (long)without)));
    }

    private static readonly object[][] _refused =
    [
        [new PcapSamples(false).Pcap(linkType: 113),
            "byte 20: the packets have link type 113 (LINUX_SLL, 'tcpdump -i any'): only Ethernet (1) can be sent"],
        [new PcapSamples(true).Pcap(linkType: 147), "byte 20: the packets have link type 147: only Ethernet (1) can be sent"],
        [new PcapSamples(false).Pcap(major: 3), "byte 0: this is pcap version 3, not 2"],
        [(byte[])[.. new PcapSamples(false).Pcap(), .. new byte[8], .. new PcapSamples(false).U32(600_000), .. new byte[4]],
            "byte 24: a packet of 600000 captured bytes is not to be believed: the file is broken here"],
        [new byte[] { 0x1f, 0x8b, 8, 0 }, "byte 0: the file is compressed with gzip: decompress it first"],
        [new byte[] { 0x28, 0xb5, 0x2f, 0xfd }, "byte 0: the file is compressed with zstd: decompress it first"],
        [new byte[] { 0x34, 0xcd, 0xb2, 0xa1 }, "byte 0: this is 'modified' pcap (Kuznetzov's): convert it with editcap"],
        [new byte[] { 0, 0, 0, 60 }, "byte 0: this is no capture file: neither pcap nor pcapng begins with 0x0000003c"],
        [new byte[] { 0xd4, 0xc3, 0xb2 }, "byte 0: the file is too short for a capture file (pcap or pcapng)"],
        [Array.Empty<byte>(), "byte 0: the file is too short for a capture file (pcap or pcapng)"],
    ];

    [TestCaseSource(nameof(_refused))]
    public void What_cannot_be_read_is_refused_by_name(byte[] file, string error) =>
        Assert.That(PcapFile.Read(file), Has.Property("Error").EqualTo(error).And.Property("Frames").Empty);

    [Test]
    public void A_file_that_is_cut_off_gives_what_is_whole_and_says_where_it_ends()
    {
        byte[] whole = [.. new PcapSamples(false).Pcap(), .. new PcapSamples(false).Record([1, 2, 3])];
        byte[] file = [.. whole, .. new PcapSamples(false).Record(_frame)];
        for (var length = whole.Length + 1; length < file.Length; length++)
        {
            var read = PcapFile.Read(file[..length]);
            Assert.That(read.Frames, Has.Count.EqualTo(1));
            Assert.That(read.Error, Is.EqualTo($"byte {whole.Length}: the file is cut off here or in what precedes this byte"));
        }
    }
}
