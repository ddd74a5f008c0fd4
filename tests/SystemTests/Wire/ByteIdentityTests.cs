using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using QmpRedirector.SystemTests.Interop;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>With vnet_hdr_len=12 the sidecar forwards the very bytes a reader of the TAP gets, header and frame.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class ByteIdentityTests
{
    [Test]
    public async Task Ordinary_frames_finished_or_not()
    {
        await using var lab = await WireLab.StartAsync();
        var packets = WirePacket.Ordinary().Concat(WirePacket.WithChecksumOfZero()).ToList();
        var (guest, forwarded) = await lab.BetweenMarksAsync(packets);
        ByteIdentity.HoldsButForHdrLen(guest, packets);
        ByteIdentity.Holds(forwarded, guest);
    }

    [Test]
    public async Task Super_frames_of_TCP_and_UDP_up_to_64_KiB()
    {
        await using var lab = await WireLab.StartAsync();
        var packets = WirePacket.SuperFrames().ToList();
        var (guest, forwarded) = await lab.BetweenMarksAsync(packets);
        ByteIdentity.HoldsButForHdrLen(guest, packets);
        ByteIdentity.Holds(forwarded, guest);
    }

    [Test]
    public async Task A_super_frame_the_TAP_has_not_asked_for_arrives_in_the_pieces_the_kernel_made_of_it()
    {
        await using var lab = await WireLab.StartAsync();
        var (guest, forwarded) = await lab.BetweenMarksAsync([WirePacket.SuperFrameWithEcn()]);
        Assert.That(guest, Has.Count.EqualTo(5), "five segments of a thousand bytes");
        ByteIdentity.Holds(forwarded, guest);
    }

    [Test]
    public async Task Frames_of_64_KiB_on_a_TAP_whose_MTU_allows_them()
    {
        await using var lab = await WireLab.CreateAsync();
        await lab.Namespace.ExecAsync("ip", "link", "set", lab.Tap.Name, "mtu", "65521");
        await lab.ForwardAsync();
        var packets = WirePacket.Jumbo().ToList();
        var (guest, forwarded) = await lab.BetweenMarksAsync(packets);
        ByteIdentity.HoldsButForHdrLen(guest, packets);
        ByteIdentity.Holds(forwarded, guest);
    }

    [Test]
    public async Task Frames_with_a_VLAN_tag_among_their_bytes([Values(0x8100, 0x88a8)] int tpid)
    {
        await using var lab = await WireLab.CreateAsync();

        // AF_PACKET allows for the four bytes beyond the MTU only with 0x8100.
        await lab.Namespace.ExecAsync("ip", "link", "set", lab.Tap.Name, "mtu", "1504");
        await lab.ForwardAsync();
        var packets = WirePacket.Ordinary().Select(packet => packet.Tagged((ushort)tpid, 0x6005)).ToList();
        var (guest, forwarded) = await lab.BetweenMarksAsync(packets);
        ByteIdentity.HoldsButForHdrLen(guest, packets);
        ByteIdentity.Holds(forwarded, guest);
    }

    /// <summary>One tag, whose place is the skb's metadata, and two, of which the inner one is in the bytes.</summary>
    [TestCase(0x8100)]
    [TestCase(0x88a8)]
    [TestCase(0x8100, 0x8100)]
    [TestCase(0x8100, 0x88a8)]
    public async Task Frames_whose_VLAN_tag_is_beside_their_bytes(params int[] tpids)
    {
        (ushort Tpid, ushort Tci)[] tags = [.. tpids.Select((tpid, i) => ((ushort)tpid, (ushort)(0x6005 + i)))];
        await using var lab = await WireLab.StartAsync();
        lab.Own(VlanTagger.Attach(lab.Namespace, lab.Tap.Name, tags));
        var packets = WirePacket.Ordinary().Concat(WirePacket.SuperFrames()).ToList();
        var (guest, forwarded) = await lab.BetweenMarksAsync(packets);

        // Behind two tags the kernel offloads nothing (vlan_features_check), so only what one tag leaves unfinished is known beforehand.
        if (tags is [var (tpid, tci)])
            ByteIdentity.HoldsButForHdrLen(guest, packets.Select(packet => packet.Tagged(tpid, tci)));
        else
            Assert.That(guest, Has.Count.GreaterThan(packets.Count), "super-frames are cut");
        ByteIdentity.Holds(forwarded, guest);
    }

    [TestCase(10)]
    [TestCase(20)]
    [TestCase(24)]
    public async Task With_another_header_length_the_first_ten_bytes_and_the_frame_are_the_same_and_the_rest_is_zero(int length)
    {
        await using var lab = await WireLab.StartAsync(length);
        var (guest, forwarded) = await lab.BetweenMarksAsync(WirePacket.Ordinary().Concat(WirePacket.SuperFrames()));
        var rest = new byte[length - VnetHeader.Length];
        ByteIdentity.Holds(forwarded, [.. guest.Select(frame => (byte[])[.. frame[..VnetHeader.Length], .. rest, .. frame[12..]])]);
    }

    /// <summary>
    /// queue=rx: the kernel takes a guest's tag off before anybody sees the frame, and a header says what the guest left undone.
    /// </summary>
    [Test]
    public async Task What_the_guest_sends_is_forwarded_as_it_wrote_it()
    {
        await using var lab = await WireLab.StartAsync(queue: "rx");
        var packets = WirePacket.Ordinary().Concat(WirePacket.SuperFrames()).ToList();
        packets.AddRange(WirePacket.Ordinary().Select(packet => packet.Tagged(0x8100, 7)).ToList());
        packets.AddRange(WirePacket.Ordinary().Select(packet => packet.Tagged(0x88a8, 9)).ToList());
        using var tap = new SafeFileHandle(lab.Tap.Descriptor, ownsHandle: false);
        foreach (var packet in packets)
            LibC.Check(LibC.Write(tap, packet.AtTheGuest, packet.AtTheGuest.Length), packet.Name);
        await lab.Peer.WaitForFramesAsync(packets.Count);
        var report = await lab.StopAsync();

        ByteIdentity.HoldsButForHdrLen(lab.Peer.Frames.Select(frame => frame.Payload), packets);
        Accounting.Holds(report, packets.Count, lab.Peer);
        Assert.That((await lab.Tap.CountersAsync()).RxPackets, Is.EqualTo(packets.Count), "frames the TAP took from its reader");
    }

    /// <summary>
    /// num_buffers, bytes 10 and 11: tun has nothing to say there. Since Linux 6.15 it zeroes them, before it left the reader's buffer as
    /// it was; QEMU sets the field itself on its way to the guest.
    /// </summary>
    [Test]
    public async Task Tun_zeroes_or_leaves_alone_what_follows_the_headers_ten_bytes()
    {
        await using var lab = await Lab.CreateAsync();
        using var tap = new SafeFileHandle((await lab.OpenTapAsync()).Descriptor, ownsHandle: false);
        var packet = WirePacket.SuperFrames().First();
        lab.OpenSender(vnetHeader: true).Send(packet.Bytes);
        var buffer = new byte[128 * 1024];
        Array.Fill(buffer, (byte)0xee);
        var length = (int)LibC.Read(tap, buffer, buffer.Length);
        Assert.That(length, Is.EqualTo(12 + packet.Frame.Length), Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        Assert.That(buffer[10..12], Is.EqualTo(new byte[2]).Or.EqualTo((byte[])[0xee, 0xee]));
        await TestContext.Out.WriteLineAsync($"Bytes 10 and 11 at the TAP's reader: {Convert.ToHexString(buffer[10..12])}");
    }
}
