using System.Buffers.Binary;
using QmpRedirector.SystemTests.Interop;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>
/// With vnet_hdr_len=0 the consumer takes plain Ethernet: what it gets must be what the kernel itself gives a TAP's reader that has no
/// header and so no offloads.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class PlainEthernetTests
{
    private const string BareTap = "bare0";

    [Test]
    public async Task Checksums_are_finished_as_the_kernel_finishes_them()
    {
        var packets = WirePacket.Ordinary().Concat(WirePacket.WithChecksumOfZero()).ToList();
        await using var lab = await WireLab.StartAsync(vnetHeaderLength: 0);
        var bare = await SendToBareTapAsync(lab, packets);
        var (guest, forwarded) = await lab.BetweenMarksAsync(packets);

        Assert.That(guest.Select(frame => frame[0]), Is.EqualTo(packets.Select(packet => packet.Header[0])), "flags at the TAP");
        ByteIdentity.Holds(forwarded, bare);
        Assert.That(forwarded.Select(SumsToOnes), Is.All.True, "by this test's own arithmetic");
    }

    [Test]
    public async Task A_checksum_of_zero_is_sent_as_ones()
    {
        var packets = WirePacket.WithChecksumOfZero().ToList();
        await using var lab = await WireLab.StartAsync(vnetHeaderLength: 0);
        var (_, forwarded) = await lab.BetweenMarksAsync(packets);
        var checksums = forwarded.Zip(packets, (frame, packet) => BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(ChecksumAt(packet))));
        Assert.That(checksums, Is.EqualTo(Enumerable.Repeat((ushort)0xffff, packets.Count)));
    }

    [Test]
    public async Task Frames_of_64_KiB_have_theirs_finished_too()
    {
        var packets = WirePacket.Jumbo().ToList();
        await using var lab = await WireLab.CreateAsync(vnetHeaderLength: 0);
        await lab.Namespace.ExecAsync("ip", "link", "set", lab.Tap.Name, "mtu", "65521");
        await lab.ForwardAsync();
        var bare = await SendToBareTapAsync(lab, packets, mtu: 65521);
        var (_, forwarded) = await lab.BetweenMarksAsync(packets);
        ByteIdentity.Holds(forwarded, bare);
    }

    [TestCase(0x8100)]
    [TestCase(0x88a8)]
    [TestCase(0x8100, 0x88a8)]
    public async Task Behind_VLAN_tags_too(params int[] tpids)
    {
        (ushort Tpid, ushort Tci)[] tags = [.. tpids.Select((tpid, i) => ((ushort)tpid, (ushort)(0x2005 + i)))];
        var packets = WirePacket.Ordinary().ToList();
        await using var lab = await WireLab.StartAsync(vnetHeaderLength: 0);
        lab.Own(VlanTagger.Attach(lab.Namespace, lab.Tap.Name, tags));
        var bare = await SendToBareTapAsync(lab, packets, tags: tags);
        var (_, forwarded) = await lab.BetweenMarksAsync(packets);

        Assert.That(forwarded.Select(frame => BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12))), Is.All.EqualTo(tags[^1].Tpid));
        ByteIdentity.Holds(forwarded, bare);
    }

    /// <summary>What the reader of a TAP without offloads gets of the same packets: the kernel has finished them.</summary>
    private static async Task<List<byte[]>> SendToBareTapAsync(
        WireLab lab, List<WirePacket> packets, int mtu = 1500, (ushort Tpid, ushort Tci)[]? tags = null)
    {
        var tap = lab.Own(await Tap.OpenAsync(lab.Namespace, BareTap, vnetHeaderLength: 0));
        await lab.Namespace.ExecAsync("ip", "link", "set", BareTap, "mtu", $"{mtu}");
        if (tags is not null) lab.Own(VlanTagger.Attach(lab.Namespace, BareTap, tags));
        using var sender = FrameSender.Open(lab.Namespace, BareTap, vnetHeader: true);
        List<byte[]> frames = [];
        foreach (var packet in packets)
        {
            sender.Send(packet.Bytes);
            frames.Add(tap.Read());
        }

        return frames;
    }

    private static int ChecksumAt(WirePacket packet) =>
        BinaryPrimitives.ReadUInt16LittleEndian(packet.Header.AsSpan(6)) + BinaryPrimitives.ReadUInt16LittleEndian(packet.Header.AsSpan(8));

    /// <summary>RFC 1071: a right checksum makes everything it covers sum to ones.</summary>
    private static bool SumsToOnes(byte[] frame)
    {
        var ipv6 = BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12)) == 0x86dd;
        var ip = frame.AsSpan(Frames.EthernetHeader);
        var segment = frame.AsSpan(Frames.TransportOffset(ipv6));
        var pseudo = ipv6
            ? InternetChecksum.PseudoHeader(ip.Slice(8, 32), ip[6], segment.Length)
            : InternetChecksum.PseudoHeader(ip.Slice(12, 8), ip[9], segment.Length);
        return InternetChecksum.Sum(segment, pseudo) == 0xffff;
    }
}
