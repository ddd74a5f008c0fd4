using System.Text.RegularExpressions;
using CsCheck;
using static QmpRedirector.Net.Tests.TestFrames;

namespace QmpRedirector.Net.Tests;

internal sealed class PacketSummaryTests
{
    private static readonly byte[] _echo = [0, 5, 0, 6, .. Filled(56)];
    private static readonly byte[] _answered = Ip4(17, Udp(Filled(22)))[14..];
    private static readonly byte[] _target = [0xfe, 0x80, .. new byte[13], 2];

    // Each is shown by tcpdump and by us in the same words.
    private static readonly (string Name, byte[] Frame)[] _frames =
    [
        ("udp", Ip4(17, Udp(Filled(22)))),
        ("udp without data", Ip4(17, Udp([]))),
        ("udp without checksum", Ip4(17, Udp(Filled(22), checksum: 0))),
        ("udp padded", [.. Ip4(17, Udp(Filled(2))), .. new byte[16]]),
        ("udp length over the packet's", Ip4(17, Udp(Filled(22), length: 200))),
        ("udp length under its header's", Ip4(17, Udp(Filled(22), length: 4))),
        ("udp cut in its data", Ip4(17, Udp(Filled(22))[..15], length: 50)),
        ("udp cut in its header", Ip4(17, Udp(Filled(22))[..4], length: 50)),
        ("udp cut in its ports", Ip4(17, Udp(Filled(22))[..1], length: 50)),
        ("udp in a packet too small", Ip4(17, Udp(Filled(22))[..4])),
        ("udp over ip6", Ip6(17, Udp(Filled(22), ip6: true))),
        ("first fragment", Ip4(17, Udp(Filled(24), length: 80), fragment: 0x2000)),
        ("first fragment of a segment", Ip4(6, Tcp(0x18, Filled(12), checksum: 0x1111), fragment: 0x2000)),
        ("later fragment", Ip4(17, Filled(24), fragment: 0x2003)),
        ("last fragment", Ip4(6, Filled(24), fragment: 3)),
        ("not to be fragmented", Ip4(17, Udp(Filled(24)), fragment: 0x4000)),
        ("ip options", Ip4(17, Udp(Filled(24)), options: [0x94, 4, 0, 0])),
        ("ip cut", Ip4(17, Udp(Filled(24)))[..27]),
        ("ip header too short", Ip4(17, Udp(Filled(24)), headerSize: 12)),
        ("ip header too long", Ip4(17, Filled(8), headerSize: 60)),
        ("ip of length 0", Ip4(17, Udp(Filled(24)), length: 0)),
        ("ip of length 10", Ip4(17, Udp(Filled(24)), length: 10)),
        ("ip of version 5", Ethernet(0x0800, [0x55, .. _answered[1..]])),
        ("another protocol", Ip4(99, Filled(4))),
        ("another protocol over ip6", Ip6(253, Filled(2))),
        ("syn", Ip4(6, Tcp(0x02, options: [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 100, 0, 0, 0, 0, 1, 3, 3, 7]))),
        ("syn ack", Ip4(6, Tcp(0x12))),
        ("ack", Ip4(6, Tcp(0x10))),
        ("data", Ip4(6, Tcp(0x18, Filled(10)))),
        ("fin", Ip4(6, Tcp(0x11))),
        ("rst", Ip4(6, Tcp(0x04))),
        ("rst ack", Ip4(6, Tcp(0x14))),
        ("no flags", Ip4(6, Tcp(0))),
        ("all flags", Ip4(6, Tcp(0xff))),
        ("sack", Ip4(6, Tcp(0x10, options: [1, 1, 5, 18, .. U32(1), .. U32(2), .. U32(3), .. U32(4)]))),
        ("end of options", Ip4(6, Tcp(0x10, options: [1, 0, 0, 0]))),
        ("unknown option", Ip4(6, Tcp(0x10, options: [200, 4, 1, 2]))),
        ("option over the end", Ip4(6, Tcp(0x10, options: [2, 255, 0, 0]))),
        ("option of no length", Ip4(6, Tcp(0x10, options: [2, 0, 0, 0]))),
        ("tcp header too short", Ip4(6, Tcp(0x10, headerSize: 12))),
        ("tcp header too long", Ip4(6, Tcp(0x10, headerSize: 60))),
        ("tcp cut", Ip4(6, Tcp(0x10)[..10], length: 40)),
        ("tcp cut in its ports", Ip4(6, Tcp(0x10)[..2])),
        ("tcp cut in its data", Ip4(6, Tcp(0x18, Filled(10)), length: 100)),
        ("tcp padded", [.. Ip4(6, Tcp(0x10)), .. new byte[6]]),
        ("tcp over ip6", Ip6(6, Tcp(0x12, ip6: true))),
        ("echo request", Ip4(1, Icmp(8, 0, _echo))),
        ("echo reply", Ip4(1, Icmp(0, 0, _echo))),
        ("port unreachable", Ip4(1, Icmp(3, 3, [0, 0, 0, 0, .. _answered]))),
        ("host unreachable", Ip4(1, Icmp(3, 1, [0, 0, 0, 0, .. _answered]))),
        ("net unreachable", Ip4(1, Icmp(3, 0, [0, 0, 0, 0, .. _answered]))),
        ("need to fragment", Ip4(1, Icmp(3, 4, [0, 0, 5, 0, .. _answered]))),
        ("time exceeded", Ip4(1, Icmp(11, 0, [0, 0, 0, 0, .. _answered]))),
        ("another icmp", Ip4(1, Icmp(77, 2, 0, 0, 0, 0))),
        ("icmp cut", Ip4(1, [8, 0, 0])),
        ("arp request", Ethernet(0x0806, Arp(1))),
        ("arp request padded", [.. Ethernet(0x0806, Arp(1)), .. new byte[18]]),
        ("arp request with a target", Ethernet(0x0806, Arp(1, targetHardware: Guest))),
        ("arp announcement", Ethernet(0x0806, Arp(1, target: Source))),
        ("arp probe", Ethernet(0x0806, Arp(1, sender: new byte[4]))),
        ("arp reply", Ethernet(0x0806, Arp(2))),
        ("arp cut", Ethernet(0x0806, Arp(1)[..20])),
        ("rarp request", Ethernet(0x8035, Arp(3, new byte[4], new byte[4], Host))),
        ("rarp reply", Ethernet(0x8035, Arp(4, targetHardware: Host))),
        ("vlan", Ethernet(0x8100, [0, 5, 8, 0, .. _answered])),
        ("vlan in a vlan", Ethernet(0x88a8, [0, 5, 0x81, 0, 0xb0, 6, 8, 6, .. Arp(1)])),
        ("vlan cut", Ethernet(0x8100, 0, 5)),
        ("ethernet cut", Ethernet(0x0800)[..13]),
        ("echo request over ip6", Ip6(58, Icmp6(128, 0, _echo))),
        ("echo reply over ip6", Ip6(58, Icmp6(129, 0, _echo))),
        ("neighbor solicitation", Ip6(58, Icmp6(135, 0, [0, 0, 0, 0, .. _target, 1, 1, .. Host]))),
        ("neighbor advertisement", Ip6(58, Icmp6(136, 0, [0x60, 0, 0, 0, .. _target, 2, 1, .. Host]))),
        ("router solicitation", Ip6(58, Icmp6(133, 0, [0, 0, 0, 0, 1, 1, .. Host]))),
        ("router advertisement", Ip6(58, Icmp6(134, 0, [64, 0, 7, 8, .. new byte[8], 1, 1, .. Host]))),
        ("packet too big", Ip6(58, Icmp6(2, 0, [.. U32(1400), .. Ip6(17, Udp(Filled(22), ip6: true))[14..]]))),
        ("listener report", Ip6(0, [58, 0, 5, 2, 0, 0, 1, 0, .. Icmp6(143, 0, [0, 0, 0, 1, 4, 0, 0, 0, .. Destination6])])),
        ("hop-by-hop options", Ip6(0, [17, 0, 5, 2, 0, 0, 1, 0, .. Udp(Filled(22), ip6: true)])),
        ("destination options", Ip6(60, [17, 0, 5, 2, 0, 0, 1, 0, .. Udp(Filled(22), ip6: true)])),
        ("first fragment over ip6", Ip6(44, [17, 0, 0, 1, 0, 0, 0, 9, .. Udp(Filled(22), ip6: true)])),
        ("later fragment over ip6", Ip6(44, [17, 0, 0, 24, 0, 0, 0, 9, .. Filled(22)])),
        ("nothing next", Ip6(59, [])),
        ("ip6 cut", Ip6(17, [])[..44]),
        ("ip6 of version 4", Ethernet(0x86dd, [0x45, .. Ip6(17, Udp(Filled(22)))[15..]])),
    ];

    [Test]
    public void Each_frame_is_shown_in_the_words_of_tcpdump()
    {
        var lines = Tcpdump.Read(Tcpdump.Pcap(_frames.Select(frame => frame.Frame)), "-t");
        Assert.That(lines, Has.Length.EqualTo(_frames.Length));
        Assert.Multiple(() =>
        {
            foreach (var ((name, frame), line) in _frames.Zip(lines))
                Assert.That(WithoutTags(PacketSummary.Format(frame)), Is.EqualTo(Tcpdump.Normalise(line)), name);
        });

        // tcpdump shows tags with -e only.
        static string WithoutTags(string line) => Regex.Replace(line, "^(vlan [0-9]+, p [0-9], (DEI, )?)+", "");
    }

    [Test]
    public void A_good_checksum_is_no_news() => Assert.Multiple(() =>
    {
        foreach (var (name, frame) in _frames)
        {
            if (name.StartsWith("ip header", StringComparison.Ordinal))
                continue;
            Assert.That(PacketSummary.Format(frame, verifyChecksums: true), Is.EqualTo(PacketSummary.Format(frame)), name);
        }
    });

    private static readonly TestCaseData[] _badChecksums =
    [
        new(Ip4(17, Udp(Filled(22), checksum: 0x1111)), "[bad udp cksum "),
        new(Ip6(17, Udp(Filled(22), ip6: true, checksum: 0x1111)), "[bad udp cksum "),
        new(Ip4(6, Tcp(0x18, Filled(9), checksum: 0x1111)), "cksum 0x1111 (incorrect "),
        new(Ip6(6, Tcp(0x10, ip6: true, checksum: 0x1111)), "cksum 0x1111 (incorrect "),
        new(Ip4(1, [.. Icmp(8, 0, _echo)[..2], 0x11, 0x11, .. _echo]), "(wrong icmp cksum "),
        new(Ip6(58, [.. Icmp6(128, 0, _echo)[..2], 0x11, 0x11, .. _echo]), "[bad icmp6 cksum "),
    ];

    [TestCaseSource(nameof(_badChecksums))]
    public void A_bad_checksum_is_marked_as_tcpdump_marks_it(byte[] frame, string mark)
    {
        var ours = PacketSummary.Format(frame, verifyChecksums: true);
        var theirs = string.Join(' ', Tcpdump.Read(Tcpdump.Pcap([frame]), "-t", "-vv"));
        Assert.That(ours, Does.Contain(mark));
        var whole = ours[ours.IndexOf(mark, StringComparison.Ordinal)..];
        whole = whole[..(whole.IndexOfAny([']', ')']) + 1)];
        Assert.That(theirs, Does.Contain(whole));
        Assert.That(PacketSummary.Format(frame), Does.Not.Contain("cksum"), "without being asked");
    }

    [Test]
    public void A_bad_header_checksum_is_marked()
    {
        var frame = Ip4(17, Udp(Filled(22)));
        frame[24] ^= 0xff;
        var theirs = Tcpdump.Read(Tcpdump.Pcap([frame]), "-t", "-vv")[0];
        var mark = theirs[theirs.IndexOf("bad cksum", StringComparison.Ordinal)..^1];
        Assert.That(PacketSummary.Format(frame, verifyChecksums: true), Does.StartWith($"IP ({mark}) 10.0.0.1.1234 > "));
    }

    [TestCase(new byte[] { 0x88, 0xcc }, "ethertype 0x88cc, length 4")]
    [TestCase(new byte[] { 0x00, 0x04 }, "LLC, dsap 0x01, ssap 0x02, ctrl 0x03, length 4")]
    [TestCase(new byte[] { 0x81, 0x00 }, "vlan 258, p 0, [|llc]")]
    public void Other_ethernet_types_are_named_by_number(byte[] type, string expected) =>
        Assert.That(PacketSummary.Format([.. Guest, .. Host, .. type, 1, 2, 3, 4]), Is.EqualTo(expected));

    [Test]
    public void A_tag_shows_its_vlan_its_priority_and_its_drop_bit() => Assert.That(
        PacketSummary.Format(Ethernet(0x8100, [0xb0, 5, 8, 6, .. Arp(2)])),
        Is.EqualTo("vlan 5, p 5, DEI, ARP, Reply 10.0.0.1 is-at 52:54:00:ab:cd:ef, length 28"));

    [Test]
    public void A_finished_checksum_satisfies_tcpdump([Values(6, 17)] int protocol, [Values] bool ip6)
    {
        var payload = Filled(33);
        var sum = PseudoHeaderSum((byte)protocol, payload.Length + (protocol == 6 ? 20 : 8), ip6);
        var transport = protocol == 6 ? Tcp(0x18, payload, ip6: ip6, checksum: sum) : Udp(payload, ip6, checksum: sum);
        var frame = ip6 ? Ip6((byte)protocol, transport) : Ip4((byte)protocol, transport);
        var header = new VnetHeader(VnetHeader.NeedsChecksumFlag, 0, 0, 0, (ushort)(ip6 ? 54 : 34), (ushort)(protocol == 6 ? 16 : 6));
        Assert.That(PacketSummary.Format(frame, verifyChecksums: true), Does.Contain("cksum"), "before");
        Assert.That(Checksum.TryFinish(frame, header), Is.True);
        var theirs = string.Join(' ', Tcpdump.Read(Tcpdump.Pcap([frame]), "-t", "-vv"));
        Assert.That(theirs, Does.Contain(protocol == 6 ? "(correct)" : "[udp sum ok]"));
    }

    [Test]
    public void Every_frame_cut_anywhere_gives_a_line()
    {
        foreach (var (_, frame) in _frames)
        {
            for (var length = 0; length <= frame.Length; length++)
                Assert.That(PacketSummary.Format(frame.AsSpan(0, length), verifyChecksums: true), Is.Not.Empty);
        }
    }

    [Test]
    public void Half_a_million_mutated_frames_give_a_line_each() =>
        Gen.Select(Gen.Int[0, _frames.Length - 1], Gen.Select(Gen.Int[0, 120], Gen.Byte).Array[0, 6], Gen.Int[0, 200], Gen.Bool)
            .Sample((index, mutations, length, verify) =>
            {
                var frame = _frames[index].Frame[..Math.Min(length, _frames[index].Frame.Length)];
                foreach (var (at, value) in mutations)
                {
                    if (at < frame.Length)
                        frame[at] = value;
                }

                return PacketSummary.Format(frame, verify).Length > 0;
            }, iter: 500_000);
}
