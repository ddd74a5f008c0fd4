using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>Frames of different sizes wait in different rings of the kernel; to the peer they are one stream in the order they were sent.</summary>
[NonParallelizable]
internal sealed class SizeClassTests
{
    // Both sides of the boundary (FrameClass), and each size right after each other one.
    private static readonly int[] _lengths = [64, 1600, 64, 1601, 1514, 9000, 1600, 20_000, 64, 1514, 1514, 64, 64, 1601, 1601, 1600];

    [Test]
    public async Task Frames_of_all_sizes_mixed_at_full_rate_arrive_in_the_order_they_were_sent()
    {
        const int count = 100_000;
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        await lab.Namespace.ExecAsync("ip", "link", "set", Lab.TapName, "mtu", "65521");
        var sidecar = lab.Run(
            "--chardev", lab.ServerChardev("m0", "wait=on"), "--object", Capture.Redirector("f0", "m0", ",backlog=512M"));
        var peer = await lab.ConnectPeerAsync("m0");
        await sidecar.ReadyAsync();
        var sender = lab.OpenSender();

        for (var number = 0; number < count; number++) sender.SendNumbered(number, 1, LengthOf(number));
        var report = (await sidecar.StopAsync(TimeSpan.FromSeconds(30)))["f0"];
        await peer.WaitForEndAsync();

        var numbers = Probe.NumbersWithout(peer).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(numbers, Is.Ordered.Ascending.And.Unique);
            Assert.That(numbers, Has.Count.EqualTo(count - report.KernelDropped - report.DroppedInAll));
            Assert.That(report.KernelDropped, Is.LessThan(count / 10), "most of them came this way");
        }

        Accounting.Holds(report, count, peer);
    }

    private static int LengthOf(int number) => _lengths[number % _lengths.Length];
}
