using QmpRedirector.SystemTests.Kit;
using QmpRedirector.SystemTests.RunStates;

namespace QmpRedirector.LabTests;

/// <summary>
/// What stock QEMU loses when a guest with vhost=on migrates, and what a plain mirror on the source has of it (docs/MIGRATION.md).
/// </summary>
[TestFixture]
internal sealed class MigrationTests
{
    private const int GuestHeader = 10;
    private const int VnetHeader = 12;

    /// <summary>How many frames wait in a TAP for its reader, by default (txqueuelen).</summary>
    private const int Ring = 1000;

    private MigrationPair _pair = null!;

    [OneTimeSetUp]
    public async Task The_guest_boots_at_the_source() => _pair = await MigrationPair.StartAsync();

    [OneTimeTearDown]
    public async Task The_pair_ends()
    {
        if (_pair is not null) await _pair.DisposeAsync();
    }

    [Test]
    public async Task What_a_live_migration_loses_is_all_in_the_mirror_of_the_sources_TAP()
    {
        const int before = 100;
        const int after = 250;
        await MigrationPair.HasVhostAsync(_pair.Source);
        var sourceBefore = await _pair.CountersAsync(Lab.TapName);
        var destinationBefore = await _pair.CountersAsync(MigrationPair.DestinationTap);
        await using var load = new NumberedLoad(_pair.Sender);
        await Eventually.ThatAsync(() => _pair.Received.Frames.Count >= before, "the guest receives at the source");

        var migration = await _pair.MigrateAsync();

        await MigrationPair.HasVhostAsync(_pair.Destination);
        Assert.That(await MigrationPair.VhostStartedAsync(_pair.Source), Is.False, "the source's VM has no vhost any more");
        await _pair.LearnsAsync(MigrationPair.DestinationTap);
        await load.SentMoreAsync(after);
        await load.EndAsync();
        var sent = load.Log.Count;
        await Eventually.ThatAsync(() => LastReceived() == sent - 1, "the guest receives the last frame");
        var atDestination = Since(destinationBefore, await _pair.CountersAsync(MigrationPair.DestinationTap));
        var elsewhere = sent - (int)atDestination.TxPackets;
        await Eventually.ThatAsync(() => MirroredNumbers().Length >= elsewhere, "what did not enter the destination's TAP is mirrored");
        var source = Since(sourceBefore, await _pair.CountersAsync(Lab.TapName));
        var report = (await _pair.Sidecar.StopAsync())["f0"];
        await _pair.Mirror.WaitForEndAsync();

        var mirrored = MirroredNumbers();
        var received = Numbers(_pair.Received.Frames, GuestHeader);
        var account = new SwitchoverAccount(load, migration, received, mirrored, _pair.Mirror.Count - mirrored.Length, source);
        Accounting.Holds(report, source.TxPackets + source.TxDropped, source.TxPackets + source.TxDropped + Ring, _pair.Mirror);
        Assert.That(account.Lost, Is.Not.Empty, "a stock migration loses frames");
        await TestContext.Progress.WriteAsync(account.Table());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(received.Concat(account.Lost).Order(), Is.EqualTo(Enumerable.Range(0, sent)), "received or lost, and none twice");
            Assert.That(received, Is.Ordered.Ascending);
            Assert.That(account.Lost, Is.EqualTo(Enumerable.Range(account.Lost[0], account.Lost.Length)), "one gap, the switchover");
            Assert.That(mirrored, Is.EqualTo(Enumerable.Range(0, elsewhere)), "all that did not enter the destination's TAP");
            Assert.That(account.Lost, Is.SubsetOf(mirrored));
            Assert.That(atDestination.TxDropped, Is.Zero, "the destination's TAP loses nothing");
            Assert.That(account.ReadByQemu, Is.InRange(0, 2), $"taken from the source's TAP and not the guest's: {source}");
            Assert.That(Announcements(), Is.All.True, "what else is mirrored comes from the guest's new place");
        }
    }

    private int[] MirroredNumbers() => Numbers(_pair.Mirror.Frames.Select(frame => frame.Payload), VnetHeader);

    /// <summary>Whether each frame that is not the sender's is a broadcast in the guest's name.</summary>
    private IEnumerable<bool> Announcements() => _pair.Mirror.Frames.Select(frame => frame.Payload)
        .Where(frame => !IsSenders(frame, VnetHeader))
        .Select(frame => frame.AsSpan(VnetHeader, 12).SequenceEqual([.. Enumerable.Repeat((byte)0xff, 6), .. Frames.GuestMac]));

    private int LastReceived() => Numbers(_pair.Received.Frames.TakeLast(1), GuestHeader).FirstOrDefault(-1);

    private static LinkCounters Since(LinkCounters then, LinkCounters now) =>
        new(now.TxPackets - then.TxPackets, now.TxDropped - then.TxDropped, now.RxPackets - then.RxPackets);

    /// <summary>Of the frames of the sender, every byte checked.</summary>
    private static int[] Numbers(IEnumerable<byte[]> frames, int header) =>
        [.. frames.Where(frame => IsSenders(frame, header)).Select(frame => Frames.NumberOf(frame.AsSpan(header), Frames.SinkPort))];

    private static bool IsSenders(byte[] frame, int header) => frame.AsSpan(header + 6).StartsWith(Frames.HostMac);
}
