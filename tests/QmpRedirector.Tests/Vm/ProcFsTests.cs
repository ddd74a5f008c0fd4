using System.Net.Sockets;
using QmpRedirector.Testing;
using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Vm;

internal sealed class ProcFsTests
{
    private const string Head = "Num       RefCount Protocol Flags    Type St Inode Path\n";

    private FakeProc _proc = null!;

    [SetUp]
    public void Make() => _proc = new FakeProc();

    [TearDown]
    public void Remove() => _proc.Dispose();

    [Test]
    public void The_kernel_and_the_rights_are_read()
    {
        _proc.AddFile("sys/kernel/osrelease", "6.18.5\n")
            .AddFile("self/status", "Name:\tx\nCapInh:\t0000000000000000\nCapEff:\t0000000000003000\n");

        Assert.That((_proc.Fs.KernelRelease, _proc.Fs.EffectiveCapabilities),
            Is.EqualTo(("6.18.5", 0x3000UL)));
    }

    [Test]
    public void What_proc_does_not_show_is_unknown() =>
        Assert.That((_proc.Fs.KernelRelease, _proc.Fs.EffectiveCapabilities),
            Is.EqualTo(((string?)null, 0UL)));

    [Test]
    public void The_real_proc_tells_all_of_it()
    {
        var proc = new ProcFs();

        using var folder = new TempDirectory();
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(folder.File("m0")));
        listener.Listen();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(listener.LocalEndPoint!);

        Assert.Multiple(() =>
        {
            Assert.That(proc.KernelRelease, Does.StartWith($"{Environment.OSVersion.Version.Major}."));
            Assert.That(proc.UnixSocketAt(folder.File("m0")), Is.EqualTo(new UnixSocketUse(true, 1)), "waiting to be accepted");
            Assert.That(proc.UnixSocketAt(folder.File("m1")), Is.EqualTo(new UnixSocketUse(false, 0)));
        });
    }

    // The lines are Linux 6.18's: a listener, its accepted peer, and one that waits to be accepted.
    [TestCase("/chk/u0.sock", true, 2)]
    [TestCase("/chk/u1.sock", true, 0)]
    [TestCase("/chk/with blank", true, 0)]
    [TestCase("@abs", true, 0)]
    [TestCase("/chk/none", false, 0)]
    [TestCase("/chk/k/u0.sock", false, 0)]
    public void A_path_tells_who_listens_and_how_many_are_connected(string path, bool listens, int connections)
    {
        _proc.AddFile("self/net/unix", Head +
            """
            00000000fbe2283c: 00000003 00000000 00000000 0001 03 1387625 /chk/u0.sock
            00000000fbe2283d: 00000003 00000000 00000000 0001 02 0 /chk/u0.sock
            000000007c8e9393: 00000002 00000000 00010000 0001 01 1385123 /chk/u0.sock
            0000000002a5e995: 00000002 00000000 00010000 0001 01 1385124 u1.sock
            0000000002a5e996: 00000002 00000000 00010000 0001 01 1385125 /chk/with blank
            000000006b6ddc22: 00000002 00000000 00010000 0001 01 1385131 @abs
            000000006b6ddc23: 00000002 00000000 00000000 0001 03 1385132

            """);

        Assert.That(_proc.Fs.UnixSocketAt(path), Is.EqualTo(new UnixSocketUse(listens, connections)));
    }

    [Test]
    public void A_socket_of_another_network_namespace_is_seen_once()
    {
        const string Line = "000000007c8e9393: 00000003 00000000 00000000 0001 03 1385123 /m0\n";
        _proc.AddProcess(10, "net:[2]").AddProcess(11, "net:[2]").AddProcess(12, "net:[1]");
        foreach (var process in (int[])[10, 11, 12])
            _proc.AddFile($"{process}/net/unix", Head + Line);

        Assert.That(_proc.Fs.UnixSocketAt("/m0"), Is.EqualTo(new UnixSocketUse(false, 1)));
    }
}
