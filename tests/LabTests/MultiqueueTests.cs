using System.Buffers.Binary;
using QmpRedirector.SystemTests.Kit;
using QmpRedirector.SystemTests.Wire;

namespace QmpRedirector.LabTests;

/// <summary>A TAP with two queues, each with a vhost thread of its own.</summary>
[TestFixture]
internal sealed class MultiqueueTests
{
    private const int GuestHeader = 10;

    /// <summary>In the guest: two of the NIC's receive queues have had interrupts.</summary>
    private const string BothQueuesWorked =
        "awk '/-input/ { n = 0; for (i = 2; i <= 3; i++) n += $i; if (n > 0) queues++ } END { exit queues != 2 }' /proc/interrupts";

    [Test]
    public async Task Frames_of_both_queues_are_those_the_guest_receives_where_QEMU_refuses_its_own_filter()
    {
        const int count = 200;
        await using var guest = await VhostGuest.BootAsync(queues: 2);
        await guest.RefusesItsOwnFilterAsync("multiqueue is not supported");
        var before = guest.Received.Frames.Count;
        var forwarding = await Forwarding.StartAsync(guest);

        for (var number = 0; number < count; number++) forwarding.Send(Flow(number));
        await Eventually.ThatAsync(() => guest.Received.Frames.Count == before + count, "the guest has every frame");
        await forwarding.Peer.WaitForFramesAsync(count);
        await forwarding.EndAsync();

        await guest.ShellAsync(BothQueuesWorked);
        var forwarded = forwarding.Peer.Frames.Select(frame => frame.Payload[12..]).ToList();
        ByteIdentity.Holds(forwarded, [.. Enumerable.Range(0, count).Select(Flow)]);
        // In the guest two queues are read one beside the other.
        ByteIdentity.Holds([.. guest.Received.Frames.Skip(before).Select(frame => frame[GuestHeader..]).OrderBy(SourcePort)], forwarded);
    }

    /// <summary>A frame of a UDP flow of its own, as the kernel chooses the queue by flow. Nobody looks at its checksum.</summary>
    private static byte[] Flow(int number)
    {
        var frame = Frames.Numbered(number);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Frames.TransportOffset(ipv6: false)), (ushort)(20_000 + number));
        return frame;
    }

    private static ushort SourcePort(byte[] frame) =>
        BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(Frames.TransportOffset(ipv6: false)));
}
