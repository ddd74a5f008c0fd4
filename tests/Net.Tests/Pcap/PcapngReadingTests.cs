namespace QmpRedirector.Net.Tests;

internal sealed class PcapngReadingTests
{
    private static readonly byte[] _frame = TestFrames.Ethernet(0x0806, TestFrames.Arp(1));

    [Test]
    public void Every_packet_block_is_read_and_every_other_skipped([Values] bool bigEndian)
    {
        PcapSamples samples = new(bigEndian);
        var file = PcapFile.Read(
        [
            .. samples.Section(), .. samples.Block(0x80000001, [1, 2, 3]), .. samples.Interface(), .. samples.Block(4, new byte[400]),
            .. samples.Enhanced(0, 1_000_000, _frame), .. samples.Block(5, new byte[12]), .. samples.Obsolete(0, 2_000_000, _frame),
            .. samples.Block(0x0BAD, new byte[3_000_000]), .. samples.Simple(_frame),
        ]);

        Assert.That(file.Error, Is.Null);
        Assert.That(file.Frames.Select(static frame => frame.Bytes), Is.EqualTo(Enumerable.Repeat(Convert.ToHexString(_frame), 3)));
        Assert.That(file.Frames.Select(static frame => frame.Time), Is.EqualTo(new long?[] { 1_000_000_000, 2_000_000_000, null }));
    }

    [TestCase((byte)9, 0, 1_775_000_000_123_456_789ul, PcapSamples.Time)]
    [TestCase((byte)6, 0, 1_775_000_000_123_456ul, 1_775_000_000_123_456_000)]
    [TestCase((byte)0, 0, 1_775_000_000ul, 1_775_000_000_000_000_000)]
    [TestCase((byte)12, 0, 5_999ul, 5)]
    [TestCase((byte)127, 0, ulong.MaxValue, 0)]
    [TestCase((byte)0x81, 0, 3ul, 1_500_000_000)]
    [TestCase((byte)(0x80 | 63), 0, 1ul << 63, 1_000_000_000)]
    [TestCase((byte)0xff, 0, ulong.MaxValue, 0)]
    [TestCase((byte)9, 10, 5ul, 10_000_000_005)]
    [TestCase((byte)9, -10, 5ul, -9_999_999_995)]
    [TestCase((byte)0, 0, ulong.MaxValue, long.MaxValue)]
    [TestCase((byte)9, long.MinValue, 0ul, long.MinValue)]
    public void Any_resolution_and_offset_come_to_nanoseconds(byte resolution, long offset, ulong time, long nanoseconds)
    {
        PcapSamples samples = new(bigEndian: true);
        byte[] source = samples.Interface(
            samples.Option(2, "tap0"u8.ToArray()),
            samples.Option(9, resolution),
            samples.Option(14, samples.U64((ulong)offset)),
            samples.Option(0));
        var file = PcapFile.Read([.. samples.Section(), .. source, .. samples.Enhanced(0, time, _frame)]);
        Assert.That(file, Has.Property("Error").Null);
        Assert.That(file.Frames[0].Time, Is.EqualTo(nanoseconds));
    }

    [Test]
    public void Each_packet_has_the_clock_of_its_own_interface_and_each_section_its_own_interfaces_and_order()
    {
        PcapSamples big = new(true), little = new(false);
        var file = PcapFile.Read(
        [
            .. big.Section(), .. big.Interface(), .. big.Interface(big.Option(9, 9)),
            .. big.Enhanced(1, 7, [1]), .. big.Enhanced(0, 7, [2]),
            .. little.Section(), .. little.Interface(little.Option(9, 3)), .. little.Enhanced(0, 7, [3]), .. little.Enhanced(1, 7, [4]),
        ]);
        Assert.That(file.Frames.Select(static frame => (frame.Bytes, frame.Time)), Is.EqualTo(new (string, long?)[]
        {
            ("01", 7), ("02", 7_000), ("03", 7_000_000),
        }));
        Assert.That(file.Error, Does.EndWith("a packet of interface 1, which is not described: the file is broken here"));
    }

    [Test]
    public void A_simple_packet_is_cut_at_the_first_interfaces_snapshot_length()
    {
        PcapSamples samples = new(false);
        var file = PcapFile.Read([.. samples.Section(), .. samples.InterfaceOf(1, 2), .. samples.Simple([1, 2], length: 100)]);
        Assert.That(file.Frames[0], Is.EqualTo(new PcapFile.Packet("0102", 100, null, 28 + 20)));
    }

    [Test]
    public void A_frame_check_sequence_is_left_out()
    {
        PcapSamples samples = new(false);
        var file = PcapFile.Read(
            [.. samples.Section(), .. samples.Interface(samples.Option(13, 4)), .. samples.Enhanced(0, 0, [1, 2, 3, 4, 5])]);
        Assert.That((file.Frames[0].Bytes, file.Frames[0].Length), Is.EqualTo(("01", 1L)));
    }

    [Test]
    public void An_interface_that_is_not_ethernet_is_refused_with_its_first_packet()
    {
        PcapSamples samples = new(false);
        var file = PcapFile.Read(
        [
            .. samples.Section(), .. samples.InterfaceOf(276, 0), .. samples.Interface(),
            .. samples.Enhanced(1, 0, [1]), .. samples.Enhanced(0, 0, [2]),
        ]);
        Assert.That(file.Frames, Has.Count.EqualTo(1));
        Assert.That(file.Error, Is.EqualTo(
            "byte 104: a packet of interface 0 has link type 276 (LINUX_SLL2, 'tcpdump -i any'): only Ethernet (1) can be sent"));
    }

    private static readonly PcapSamples _little = new(false);

    private static readonly object[][] _broken =
    [
        [(byte[])[.. _little.U32(0x0A0D0D0A), .. _little.U32(28), .. new byte[4]], 0,
            "0x00000000 is not pcapng's byte-order magic: the file is broken here"],
        [_little.Section(major: 2), 0, "this is pcapng version 2, not 1"],
        [_little.Block(0x0A0D0D0A, _little.U32(0x1A2B3C4D)), 0, "the section header is too short: the file is broken here"],
        [(byte[])[.. _little.Section(), .. _little.U32(99), .. _little.U32(8), .. new byte[4]], 28,
            "a block cannot have 8 bytes: the file is broken here"],
        [(byte[])[.. _little.Section(), .. _little.U32(99), .. _little.U32(14), .. new byte[8]], 28,
            "a block cannot have 14 bytes: the file is broken here"],
        [(byte[])[.. _little.Section(), .. _little.U32(6), .. _little.U32(600_000), .. new byte[8]], 28,
            "a block of 600000 bytes is not to be believed: the file is broken here"],
        [(byte[])[.. _little.Section(), .. _little.U32(1), .. _little.U32(20), .. new byte[8], .. _little.U32(24)], 28,
            "the block's two lengths differ (20 and 24): the file is broken here"],
        [(byte[])[.. _little.Section(), .. _little.Block(1, new byte[4])], 28,
            "a block is too short for its type: the file is broken here"],
        [(byte[])[.. _little.Section(), .. _little.Interface(),
            .. _little.Block(6, new byte[12], _little.U32(9), _little.U32(9), new byte[8])], 48,
            "a packet of 9 captured bytes does not fit its block: the file is broken here"],
        [(byte[])[.. _little.Section(), .. _little.Interface(), .. _little.Block(3, _little.U32(9), new byte[8])], 48,
            "a packet of 9 bytes does not fit its block: the file is broken here"],
        [(byte[])[.. _little.Section(), .. _little.Block(0x0BAD, new byte[8])[..^4]], 48,
            "the file is cut off here or in what precedes this byte"],
    ];

    [TestCaseSource(nameof(_broken))]
    public void What_is_broken_is_said_with_its_place(byte[] file, int offset, string error) =>
        Assert.That(PcapFile.Read(file).Error, Is.EqualTo($"byte {offset}: {error}"));
}
