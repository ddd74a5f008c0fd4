using System.Buffers.Binary;
using QmpRedirector.SystemTests.Kit;
using QmpRedirector.SystemTests.RunStates;
using QmpRedirector.SystemTests.Wire;

namespace QmpRedirector.LabTests;

/// <summary>A TAP with two queues, each with a vhost thread of its own.</summary>
[TestFixture]
internal sealed class MultiqueueTests
{
    private const int GuestHeader = 10;
    private const int FirstPort = 20_000;

    /// <summary>In the guest: two of the NIC's receive queues have had interrupts.</summary>
    private const string BothQueuesWorked =
        "awk '/-input/ { n = 0; for (i = 2; i <= 3; i++) n += $i; if (n > 0) queues++ } END { exit queues != 2 }' /proc/interrupts";

    [Test]
    public async Task Frames_of_both_queues_are_those_the_running_guest_receives_where_QEMU_refuses_its_own_filter()
    {
        const int count = 200;
        const int whileStopped = 10;
        await using var guest = await VhostGuest.BootAsync(queues: 2);
        await guest.RefusesItsOwnFilterAsync("multiqueue is not supported");
        var before = guest.Received.Frames.Count;
        var forwarding = await Forwarding.StartAsync(guest);

        await ForwardsAsync(0);
        await guest.ShellAsync(BothQueuesWorked);
        await guest.Qemu.Qmp.StopAsync();
        await forwarding.Sidecar.WaitForRunStateAsync("paused");
        Assert.That(await guest.VhostStartedAsync(), Is.False, "a stopped VM has no vhost");
        SendFlows(2 * count, whileStopped);
        var mark = forwarding.Sidecar.Error.Length;
        await guest.Qemu.Qmp.ContinueAsync();
        await forwarding.Sidecar.WaitForRunStateAsync("running", mark);
        await guest.HasVhostAsync();
        await ForwardsAsync(count);
        var report = (await forwarding.Sidecar.StopAsync())["f0"];
        await forwarding.Peer.WaitForEndAsync();

        Accounting.Holds(report, 2 * count, forwarding.Peer);
        var forwarded = forwarding.Peer.Frames.Select(frame => frame.Payload[12..]).ToList();
        ByteIdentity.Holds(forwarded, [.. Enumerable.Range(0, 2 * count).Select(Flow)]);
        // In the guest two queues are read one beside the other.
        ByteIdentity.Holds([.. Received().OrderBy(SourcePort)], forwarded);

        async Task ForwardsAsync(int first)
        {
            SendFlows(first, count);
            await Eventually.ThatAsync(() => Received().Count() == first + count, "the guest has every frame");
            await forwarding.Peer.WaitForFramesAsync(first + count);
        }

        void SendFlows(int first, int flows)
        {
            foreach (var number in Enumerable.Range(first, flows)) forwarding.Send(Flow(number));
        }

        // Without those sent while it was stopped, of which QEMU has dropped some.
        IEnumerable<byte[]> Received() => guest.Received.Frames.Skip(before).Select(frame => frame[GuestHeader..])
            .Where(frame => SourcePort(frame) < FirstPort + (2 * count));
    }

    /// <summary>A frame of a UDP flow of its own, as the kernel chooses the queue by flow. Nobody looks at its checksum.</summary>
    private static byte[] Flow(int number)
    {
        var frame = Frames.Numbered(number);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Frames.TransportOffset(ipv6: false)), (ushort)(FirstPort + number));
        return frame;
    }

    private static ushort SourcePort(byte[] frame) =>
        BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(Frames.TransportOffset(ipv6: false)));
}
