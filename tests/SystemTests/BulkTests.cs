using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests;

/// <summary>Many frames, through a QEMU that reads and writes the same framing.</summary>
[TestFixture]
[NonParallelizable]
internal sealed class BulkTests
{
    [Test]
    public async Task A_hundred_thousand_frames_go_through_a_QEMU_unharmed_and_in_order()
    {
        const int count = 100_000;
        const int window = 2000;
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync(QemuProcess.RedirectorChain(lab.PathOf("in"), lab.PathOf("out")));
        var peer = await lab.ConnectPeerAsync("out");
        var sidecar = lab.Run("--chardev", $"socket,id=m0,path={lab.PathOf("in")},server=off", "--object", Capture.Redirector("f0", "m0"));
        await sidecar.ReadyAsync();
        var sender = lab.OpenSender();

        // QEMU pushes back on nobody, it drops; so no more frames are on their way than it may hold (nq_maxlen, 10000 a queue).
        for (var first = 0; first < count; first += window)
        {
            for (var number = first; number < first + window; number++) sender.SendNumbered(number, 1, LengthOf(number));
            await peer.WaitForFramesAsync(first + window);
        }

        var report = (await sidecar.StopAsync())["f0"];
        Assert.That(Probe.NumbersWithout(peer), Is.EqualTo(Enumerable.Range(0, count)));
        Assert.That(peer.Frames.Select(frame => frame.Payload.Length), Is.EqualTo(Enumerable.Range(0, count).Select(LengthOf)));
        Accounting.Holds(report, count, peer);
    }

    private static int LengthOf(int number) => Frames.ShortLength + (number * 37 % (Frames.FullLength - Frames.ShortLength + 1));
}
