using System.Globalization;
using QmpRedirector.Net;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests;

/// <summary><c>qmp-redirector send</c> into QEMU, as a QEMU's own filter-redirector would.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class SendTests
{
    [Test]
    public async Task Ten_thousand_frames_of_a_capture_file_go_through_a_QEMU_unharmed_and_in_order()
    {
        const int count = 10_000;
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuAsync(QemuProcess.RedirectorChain(lab.PathOf("in"), lab.PathOf("out")));
        var peer = await lab.ConnectPeerAsync("out");
        WriteCapture(lab.PathOf("x.pcapng"), count);

        var sender = lab.Start(["send", lab.PathOf("x.pcapng"), $"unix:{lab.PathOf("in")}"]);

        Assert.That(await sender.WaitForExitAsync(), Is.Zero, sender.Error);
        await peer.WaitForFramesAsync(count);
        Assert.That(peer.Frames.Select(frame => Frames.NumberOf(frame.Payload)), Is.EqualTo(Enumerable.Range(0, count)));
        var bytes = peer.Frames.Sum(frame => frame.Payload.Length);
        Assert.That(sender.ErrorLines, Has.Length.EqualTo(1), "nothing but the closing report where there is no terminal");
        Assert.That(sender.Error, Does.StartWith(string.Create(CultureInfo.InvariantCulture, $"{count} frames, {bytes} bytes sent in ")));
    }

    [Test]
    public async Task What_tcpdump_wrote_is_sent_to_a_peer_that_connects([Values("micro", "nano")] string precision)
    {
        const int count = 200;
        await using var lab = await Lab.CreateAsync();
        await lab.OpenTapAsync();
        var file = lab.PathOf("x.pcap");
        // With the largest snapshot length its ring has room for eight frames.
        var tcpdump = CapturedProcess.Start(lab.Namespace.CommandLine(
        [
            "tcpdump", "-i", Lab.TapName, "-n", "-U", "-Z", "root", "--immediate-mode", "-s", "2000",
            $"--time-stamp-precision={precision}", "-c", $"{count}", "-w", file, "udp", "port", "7",
        ]));
        await using (tcpdump)
        {
            await Eventually.ThatAsync(() => tcpdump.Error.Contains("listening on", StringComparison.Ordinal), "tcpdump listens");
            lab.OpenSender().SendNumbered(0, count, Frames.FullLength);
            await tcpdump.WaitForExitAsync(Eventually.Deadline);
        }

        var sender = lab.Start(["send", file, lab.ServerChardev("m0", "wait=on"), "--vnet-hdr-support"]);
        var peer = await lab.ConnectPeerAsync("m0", vnetHdrSupport: true);
        await peer.WaitForFramesAsync(count);
        peer.Dispose();

        Assert.That(await sender.WaitForExitAsync(), Is.Zero, sender.Error);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(peer.Frames.Select(frame => Frames.NumberOf(frame.Payload.AsSpan(12))), Is.EqualTo(Enumerable.Range(0, count)));
            Assert.That(peer.Frames.Select(frame => Convert.ToHexString(frame.Payload, 0, 12)), Is.All.EqualTo(new string('0', 24)));
            Assert.That(peer.Frames.Select(frame => frame.AnnouncedVnetHeader), Is.All.EqualTo(12u));
        }
    }

    [Test]
    public async Task Sigterm_ends_it_within_a_second_whatever_the_peer_does()
    {
        await using var lab = await Lab.CreateAsync();
        WriteCapture(lab.PathOf("x.pcapng"), 20_000);
        var sender = lab.Start(["send", lab.PathOf("x.pcapng"), lab.ServerChardev("m0", "wait=on")]);
        var peer = await lab.ConnectPeerAsync("m0", allowance: 1000);
        await Eventually.ThatAsync(() => peer.BytesRead >= 1000, "the sender has begun");

        var exitCode = await sender.TerminateAsync(within: TimeSpan.FromSeconds(2));

        // The frame in hand when the peer stopped reading cannot be finished, which is a failure.
        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(sender.Error, Does.Contain("the peer does not take the rest of the frame").And.Contain("bytes sent in"));
    }

    private static void WriteCapture(string path, int count)
    {
        using var file = File.Create(path);
        PcapngWriter writer = new(file, new PcapngSection(null, null, null));
        var source = writer.AddInterface(new PcapngInterface("tap0", null));
        for (var number = 0; number < count; number++)
            writer.WriteFrame(source, number * 1000L, Frames.Numbered(number, LengthOf(number)));
    }

    private static int LengthOf(int number) => Frames.ShortLength + (number * 37 % (Frames.FullLength - Frames.ShortLength + 1));
}
