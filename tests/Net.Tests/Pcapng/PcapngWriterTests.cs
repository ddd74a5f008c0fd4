using System.Text;
using CsCheck;

namespace QmpRedirector.Net.Tests;

internal sealed class PcapngWriterTests
{
    private const long Time = 1_775_000_000_123_456_789;

    private static readonly PcapngInterface _tap = new("tap0", null);
    private static readonly PcapngSection _section = new("x86_64", "Linux", "qmp-redirector 0.1.0");

    [Test]
    public void The_section_comes_first_and_says_where_it_is_from()
    {
        var block = Write(_ => { })[0];
        Assert.That(block.Type, Is.EqualTo(0x0A0D0D0A));
        Assert.That(block.Fixed.ToArray(), Is.EqualTo((byte[])[0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, .. TestFrames.Filled(8, 0xff)]));
        Assert.That(Texts(block), Is.EqualTo(new[] { (2, "x86_64"), (3, "Linux"), (4, "qmp-redirector 0.1.0") }));
    }

    [Test]
    public void Without_a_word_on_its_origin_a_section_has_no_options()
    {
        using var stream = new MemoryStream();
        _ = new PcapngWriter(stream, new PcapngSection(null, null, null));
        Assert.That(PcapngFile.Parse(stream.ToArray())[0].Options, Is.Empty);
    }

    [Test]
    public void An_interface_is_ethernet_with_a_name_and_nanoseconds()
    {
        var block = Write(writer => writer.AddInterface(new PcapngInterface("tap0", "netdev net0")))[1];
        Assert.That(block.Type, Is.EqualTo(1));
        Assert.That(block.Fixed.ToArray(), Is.EqualTo(new byte[] { 1, 0, 0, 0, 0, 0x10, 1, 0 }));
        Assert.That(Texts(block), Is.EqualTo(new[] { (2, "tap0"), (3, "netdev net0"), (9, "\t") }));
    }

    [Test]
    public void A_packet_has_its_time_its_bytes_its_direction_and_its_comment()
    {
        var block = Write(writer =>
        {
            writer.AddInterface(_tap);
            var tap1 = writer.AddInterface(new PcapngInterface("tap1", null));
            writer.WriteFrame(tap1, Time, [1, 2, 3, 4, 5], PcapngDirection.Outbound, comments: ["armed on tap1", "twice"]);
        })[3];
        Assert.That(block.Type, Is.EqualTo(6));
        Assert.That(block.Word(0), Is.EqualTo(1));
        Assert.That((long)block.Word(1) << 32 | block.Word(2), Is.EqualTo(Time));
        Assert.That((block.Word(3), block.Word(4)), Is.EqualTo((5u, 5u)));
        Assert.That(block.Fixed[20..].ToArray(), Is.EqualTo(new byte[] { 1, 2, 3, 4, 5, 0, 0, 0 }));
        Assert.That(Texts(block), Is.EqualTo(new[] { (1, "armed on tap1"), (1, "twice"), (2, "\u0002\0\0\0") }));
    }

    [Test]
    public void A_packet_of_unknown_direction_without_comment_has_no_options()
    {
        var block = Write(writer => writer.WriteFrame(writer.AddInterface(_tap), Time, [1]))[2];
        Assert.That(block.Options, Is.Empty);
    }

    [Test]
    public void The_statistics_count_what_came_and_what_was_lost()
    {
        var block = Write(writer =>
            writer.WriteStatistics(
                writer.AddInterface(_tap),
                new PcapngStatistics
                {
                    Timestamp = Time, Received = 1 | 1L << 40, Dropped = 7, FilterAccepted = 8, OsDropped = 9, Delivered = 10,
                },
                ["the end"]))[2];
        Assert.That(block.Type, Is.EqualTo(5));
        Assert.That(((long)block.Word(1) << 32 | block.Word(2), block.Word(0)), Is.EqualTo((Time, 0u)));
        Assert.That(Texts(block), Is.EqualTo(new[]
        {
            (1, "the end"), (4, "\u0001\0\0\0\0\u0001\0\0"), (5, "\a\0\0\0\0\0\0\0"), (6, "\b\0\0\0\0\0\0\0"),
            (7, "\t\0\0\0\0\0\0\0"), (8, "\n\0\0\0\0\0\0\0"),
        }));
    }

    [Test]
    public void Statistics_that_are_not_known_are_left_out()
    {
        var block = Write(writer => writer.WriteStatistics(writer.AddInterface(_tap), new PcapngStatistics { Timestamp = Time, Received = 3 }))[2];
        Assert.That(Texts(block), Is.EqualTo(new[] { (4, "\u0003\0\0\0\0\0\0\0") }));
    }

    [TestCase(1, 0, "vnet_hdr_len=12 flags=1 gso_type=0 hdr_len=0 gso_size=0 csum_start=34 csum_offset=16")]
    [TestCase(1, 1, "vnet_hdr_len=12 flags=1 gso_type=1 hdr_len=0 gso_size=0 csum_start=34 csum_offset=16")]
    [TestCase(0, 4, "vnet_hdr_len=12 flags=0 gso_type=4 hdr_len=0 gso_size=0 csum_start=34 csum_offset=16")]
    [TestCase(0, 0, null)]
    [TestCase(2, 0, null)]
    public void A_vnet_header_is_a_comment_where_the_frame_cannot_be_understood_without_it(int flags, int gsoType, string? comment)
    {
        var header = new byte[12];
        new VnetHeader((byte)flags, (byte)gsoType, 0, 0, 34, 16).Write(header);
        var block = Write(writer => writer.WriteFrame(writer.AddInterface(_tap), Time, [1], vnetHeader: header))[2];
        Assert.That(Texts(block).Select(option => option.Text), Is.EqualTo(comment is null ? (string[])[] : [comment]));
    }

    [Test]
    public void The_longest_vnet_comment_has_room()
    {
        Span<byte> comment = new byte[VnetComment.MaxLength];
        var header = new byte[24];
        header.AsSpan(0, 10).Fill(0xff);
        Assert.That(Encoding.UTF8.GetString(comment[..VnetComment.Write(comment, header)]), Is.EqualTo(
            "vnet_hdr_len=24 flags=255 gso_type=255 hdr_len=65535 gso_size=65535 csum_start=65535 csum_offset=65535"));
    }

    [TestCase("é", 65535 / 2 * 2)]
    [TestCase("x", 65535)]
    [TestCase("😀", 65535 / 4 * 4)]
    public void A_long_text_is_cut_between_two_characters(string character, int length)
    {
        var comment = string.Concat(Enumerable.Repeat(character, 70_000));
        var block = Write(writer => writer.WriteFrame(writer.AddInterface(_tap), Time, [1], comments: [comment]))[2];
        Assert.That(block.Options[0].Value, Is.EqualTo(Encoding.UTF8.GetBytes(comment)[..length]));
    }

    [TestCase(-1)]
    [TestCase(1)]
    public void A_frame_of_an_unknown_interface_is_refused(int id) => Write(writer =>
    {
        writer.AddInterface(_tap);
        Assert.That(() => writer.WriteFrame(id, Time, [1]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => writer.WriteStatistics(id, new PcapngStatistics { Timestamp = Time }), Throws.InstanceOf<ArgumentOutOfRangeException>());
    });

    [Test]
    public void Any_frames_and_comments_are_found_again() =>
        Gen.Select(Gen.Byte.Array[0, 100], Gen.String[0, 40], Gen.Enum<PcapngDirection>()).Array[0, 8].Sample(packets =>
        {
            var blocks = Write(writer =>
            {
                var id = writer.AddInterface(_tap);
                foreach (var (frame, comment, direction) in packets)
                    writer.WriteFrame(id, Time, frame, direction, comments: [comment]);
            });
            return blocks.Count == 2 + packets.Length && packets.Zip(blocks.Skip(2), IsFoundAgain).All(found => found);

            static bool IsFoundAgain((byte[] Frame, string Comment, PcapngDirection Direction) packet, PcapngFile.Block block) =>
                block.Body.AsSpan(20, packet.Frame.Length).SequenceEqual(packet.Frame)
                && block.Options.Count == (packet.Comment.Length > 0 ? 1 : 0) + (packet.Direction == PcapngDirection.Unknown ? 0 : 1)
                && (packet.Comment.Length == 0 || block.Options[0].Value.SequenceEqual(Encoding.UTF8.GetBytes(packet.Comment)));
        });

    [Test]
    public void Tcpdump_reads_the_file()
    {
        using var stream = new MemoryStream();
        var writer = new PcapngWriter(stream, _section);
        var tap = writer.AddInterface(new PcapngInterface("tap0", "netdev net0"));
        var datagram = TestFrames.Ip4(17, TestFrames.Udp(TestFrames.Filled(21)));
        writer.WriteFrame(tap, Time, datagram, PcapngDirection.Outbound, comments: ["armed on tap0"]);
        writer.WriteFrame(tap, Time + 1, TestFrames.Ethernet(0x0806, TestFrames.Arp(1)), PcapngDirection.Inbound);
        writer.WriteStatistics(tap, new PcapngStatistics { Timestamp = Time + 2, Received = 2 }, ["clean end"]);
        Assert.That(Tcpdump.Read(stream.ToArray(), "-tt", "--time-stamp-precision=nano"), Is.EqualTo(new[]
        {
            "1775000000.123456789 IP 10.0.0.1.1234 > 10.0.0.2.7777: UDP, length 21",
            "1775000000.123456790 ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28",
        }));
    }

    private static List<PcapngFile.Block> Write(Action<PcapngWriter> write)
    {
        using var stream = new MemoryStream();
        write(new PcapngWriter(stream, _section));
        return PcapngFile.Parse(stream.ToArray());
    }

    private static IEnumerable<(int Code, string Text)> Texts(PcapngFile.Block block) =>
        block.Options.Select(option => ((int)option.Code, Encoding.UTF8.GetString(option.Value)));
}
