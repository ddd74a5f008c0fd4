using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>While blocks are used for long the sockets of the slots are bound to nothing, and cost whoever sends to the guest nothing.</summary>
[TestFixture]
[NonParallelizable]
internal sealed class ParkedSlotsTests
{
    private const int SlotSockets = 2;

    [Test]
    public async Task Slots_are_parked_while_blocks_are_used_for_long_and_bound_again_when_no_frame_comes()
    {
        await using var lab = await Lab.CreateAsync();
        await using var load = await ParkedAsync(lab);

        await Eventually.ThatAsync(() => PacketSockets.Parked(lab) == 0, "all sockets are bound");
        await load.LoadAsync();
        await load.CheckAsync();
    }

    [Test]
    public async Task Frames_of_disarmed_times_are_no_part_of_what_comes_while_slots_are_parked()
    {
        await using var lab = await Lab.CreateAsync();
        await using var load = await ParkedAsync(lab);
        var other = lab.OpenSender();
        var cyclesParked = 0;

        for (var cycle = 0; cycle < 50; cycle++)
        {
            load.Forwarder.Disarm(null);
            other.SendNumbered(0, 100);
            load.Forwarder.Arm();
            cyclesParked += PacketSockets.Parked(lab) == SlotSockets ? 1 : 0;
            await load.LoadAsync();
        }

        Assert.That(cyclesParked, Is.Positive, "slots were parked in at least one disarmed time");
        await load.CheckAsync();
    }

    [Test]
    public async Task A_TAP_that_is_replaced_while_slots_are_parked_is_captured()
    {
        await using var lab = await Lab.CreateAsync();
        await using var load = await ParkedAsync(lab);

        await load.ReplaceTapAsync();
        await load.LoadAsync();
        await Eventually.ThatAsync(() => PacketSockets.Parked(lab) == 0, "slots are used");
        load.Send(10);
        await load.ReadAllAsync();
        await load.CheckAsync();
    }

    private static async Task<StalledInBlocks> ParkedAsync(Lab lab)
    {
        var load = await StalledInBlocks.CreateAsync(lab, 12, TimeSpan.FromSeconds(10), unread: 0);
        await Eventually.ThatAsync(
            async () =>
            {
                await load.LoadAsync();
                return PacketSockets.Parked(lab) == SlotSockets;
            },
            "the sockets of the slots are parked");
        return load;
    }
}
