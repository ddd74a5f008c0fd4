using System.Globalization;
using QmpRedirector.SystemTests.Interop;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests;

/// <summary>A launcher with CAP_NET_RAW makes the packet socket, and the sidecar holds no capability at all.</summary>
[Parallelizable(ParallelScope.Self)]
internal sealed class PacketFdTests
{
    private static readonly string[] _noCapability =
        ["setpriv", "--inh-caps", "-all", "--ambient-caps", "-all", "--bounding-set", "-all", "--no-new-privs"];

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public async Task Without_any_capability_it_captures_with_the_sockets_it_is_given(int count)
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sockets = lab.Namespace.Run(() => Enumerable.Range(0, count)
            .Select(_ => LibC.Check(LibC.Socket(Linux.AfPacket, Linux.SockRaw, 0), "socket(AF_PACKET)")).ToList());
        var sidecar = lab.Start(
            [
                "run", "--qmp", $"unix:{lab.Monitor}", "--chardev", lab.ServerChardev("m0", "wait=on"),
                "--object", Capture.Redirector("f0", "m0", $",ifname={Lab.TapName}"),
                .. sockets.SelectMany(socket => (string[])["--packet-fd", $"f0={socket.DangerousGetHandle()}"]),
            ],
            _noCapability);
        sockets.ForEach(socket => socket.Dispose());
        using var peer = await lab.ConnectPeerAsync("m0");
        await sidecar.ReadyAsync();

        var sender = lab.OpenSender();
        sender.SendNumbered(0, 100);
        sender.SendNumbered(100, 100, Frames.FullLength);
        await peer.WaitForFramesAsync(200);

        Assert.That(CapabilitiesOf(sidecar), Is.Zero);
        var report = (await sidecar.StopAsync())["f0"];
        Assert.That(report.Forwarded, Is.EqualTo(200));
    }

    [TestCase("f0=2", "--packet-fd f0=2: it cannot capture: getsockopt(SO_DOMAIN) on descriptor 2: Socket operation on non-socket;")]
    [TestCase("f0=99", "--packet-fd f0=99: it cannot capture: getsockopt(SO_DOMAIN) on descriptor 99: Bad file descriptor;")]
    public async Task What_is_no_packet_socket_is_refused_in_one_sentence(string given, string sentence)
    {
        await using var lab = await Lab.CreateAsync();
        var sidecar = lab.Start(
            [
                "run", "--qmp", $"unix:{lab.Monitor}", "--chardev", lab.ServerChardev("m0", "wait=off"),
                "--object", Capture.Redirector("f0", "m0"), "--packet-fd", given,
            ],
            _noCapability);

        Assert.That(await sidecar.WaitForExitAsync(), Is.EqualTo(1));
        Assert.That(sidecar.ErrorLines, Has.Exactly(1).Contain(sentence));
    }

    private static long CapabilitiesOf(Sidecar sidecar) => long.Parse(
        File.ReadLines($"/proc/{sidecar.Id}/status").Single(line => line.StartsWith("CapPrm:", StringComparison.Ordinal))[7..].Trim(),
        NumberStyles.HexNumber,
        CultureInfo.InvariantCulture);
}
