using System.Net;
using System.Net.Sockets;
using QmpRedirector.Qmp.Wire;
using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

public sealed class QmpConnectTests
{
    [TestCase("/nonexistent/qmp.sock")]
    [TestCase("/etc/passwd/qmp.sock")]
    public async Task An_absent_socket_is_NotFound(string path)
    {
        var e = await FailToConnectAsync(Clients.Parse(path));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(e.Reason, Is.EqualTo(QmpConnectFailure.NotFound));
            Assert.That(e.Message, Does.Contain(path).And.Contains("-qmp unix:"));
        }
    }

    [Test]
    public async Task A_stale_socket_and_a_closed_port_are_Refused()
    {
        using var directory = new TempDirectory();
        var path = directory.File("stale.sock");
        using (var unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        using (var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            // Bound and not listening: the same error as a socket file whose QEMU has ended, and nobody can take the port meanwhile.
            unix.Bind(new UnixDomainSocketEndPoint(path));
            tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var port = ((IPEndPoint)tcp.LocalEndPoint!).Port;
            using (Assert.EnterMultipleScope())
            {
                var stale = await FailToConnectAsync(Clients.Parse(path));
                var closed = await FailToConnectAsync(Clients.Parse($"tcp:127.0.0.1:{port}"));
                Assert.That(stale.Reason, Is.EqualTo(QmpConnectFailure.Refused));
                Assert.That(closed.Reason, Is.EqualTo(QmpConnectFailure.Refused));
            }
        }
    }

    [Test]
    public async Task A_full_listen_queue_is_NoGreeting_as_its_cause_and_cure_are_the_same()
    {
        using var directory = new TempDirectory();
        var path = directory.File("busy.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(0);
        using var waiting = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await waiting.ConnectAsync(new UnixDomainSocketEndPoint(path));
        var e = await FailToConnectAsync(Clients.Parse(path));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(e.Reason, Is.EqualTo(QmpConnectFailure.NoGreeting));
            Assert.That(e.Message, Does.Contain("queue of waiting clients").And.Contains("-qmp unix:"));
        }
    }

    [Test]
    public async Task An_unknown_host_is_NotFound()
    {
        var e = await FailToConnectAsync(Clients.Parse("tcp:no-such-host.invalid:4444"));
        Assert.That(e.Reason, Is.EqualTo(QmpConnectFailure.NotFound), e.ToString());
    }

    // Root passes every permission check of the kernel, so the error itself is given.
    [Test]
    public void A_forbidden_socket_is_PermissionDenied()
    {
        var e = QmpSocket.Explain(Clients.Parse("/run/qmp.sock"), new SocketException((int)SocketError.AccessDenied));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(e.Reason, Is.EqualTo(QmpConnectFailure.PermissionDenied));
            Assert.That(e.Message, Does.Contain("permission denied"));
        }
    }

    [TestCase(SocketError.HostNotFound, QmpConnectFailure.NotFound, "the host is not known.")]
    [TestCase(SocketError.AddressNotAvailable, QmpConnectFailure.Other, "Cannot assign requested address.")]
    public void A_host_that_is_unknown_is_not_one_without_a_way_to_it(SocketError error, QmpConnectFailure reason, string why)
    {
        var e = QmpSocket.Explain(Clients.Parse("tcp:[::1]:1"), new SocketException((int)error));

        Assert.That((e.Reason, e.Message), Is.EqualTo((reason, $"Cannot connect to QMP at tcp:[::1]:1: {why}")));
    }

    [Test]
    public async Task A_connection_that_nobody_answers_times_out()
    {
        // A listener whose accept queue is full drops further SYNs.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        using var waiting = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await waiting.ConnectAsync(listener.LocalEndPoint!);
        var options = new QmpClientOptions
        {
            Address = Clients.Parse($"tcp:127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}"),
            ConnectTimeout = TimeSpan.FromMilliseconds(100),
        };
        await using var client = new QmpClient(options);
        var e = await Clients.FailureAsync<QmpConnectException>(client.ConnectAsync());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(e.Reason, Is.EqualTo(QmpConnectFailure.Timeout));
            Assert.That(e.Message, Does.Contain("within 0.1 s"));
        }
    }

    [Test]
    public async Task TCP_and_IPv6_style_names_connect()
    {
        await using var server = FakeQmpServer.StartTcp();
        var byName = Clients.Parse($"tcp:localhost:{server.Address.Port}");
        var (client, _) = await Clients.ConnectAsync(server, new QmpClientOptions { Address = byName });
        await client.DisposeAsync();
    }

    [Test]
    public async Task An_inherited_descriptor_is_used_and_closed_with_the_client()
    {
        await using var server = FakeQmpServer.Start();
        var address = Inherit(server);
        var (client, vm) = await Clients.ConnectAsync(server, new QmpClientOptions { Address = address });
        await client.DisposeAsync();
        await vm.ExpectCloseAsync();
    }

    [Test]
    public async Task A_descriptor_that_is_no_socket_is_refused_and_left_alone()
    {
        using var file = File.OpenHandle("/dev/null");
        var fd = (int)file.DangerousGetHandle();
        var e = await FailToConnectAsync(Clients.Parse($"fd:{fd}"));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(e.Message, Does.Contain($"fd:{fd} is not an open stream socket"));
            Assert.That(Path.Exists($"/proc/self/fd/{fd}"), Is.True);
        }
        Assert.That((await FailToConnectAsync(Clients.Parse("fd:987654"))).Message, Does.Contain("is not an open stream socket"));
    }

    [Test]
    public async Task A_listening_descriptor_is_refused()
    {
        using var directory = new TempDirectory();
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(directory.File("l.sock")));
        listener.Listen(1);
        var e = await FailToConnectAsync(Disown(listener));
        Assert.That(e.Message, Does.Contain("without a peer"));
    }

    /// <summary>A descriptor connected to a server, as a parent process would leave it.</summary>
    internal static QmpAddress Inherit(FakeQmpServer server)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(server.Address.Path!));
        return Disown(socket);
    }

    private static QmpAddress Disown(Socket socket)
    {
        var fd = socket.SafeHandle.DangerousGetHandle();
        socket.SafeHandle.SetHandleAsInvalid();
        return Clients.Parse($"fd:{fd}");
    }

    private static async Task<QmpConnectException> FailToConnectAsync(QmpAddress address)
    {
        await using var client = new QmpClient(new QmpClientOptions { Address = address });
        return await Clients.FailureAsync<QmpConnectException>(client.ConnectAsync());
    }
}
