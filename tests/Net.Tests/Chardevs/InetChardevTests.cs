using System.Net;
using System.Net.Sockets;

namespace QmpRedirector.Net.Tests.Chardevs;

[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class InetChardevTests
{
    private const int Tries = 16;

    [Test]
    public async Task With_to_the_first_free_port_of_the_range_is_taken()
    {
        using var busy = ListenOnAnyPort();
        var first = ((IPEndPoint)busy.LocalEndPoint!).Port;
        using var chardev = Server(new ChardevAddress.Inet("127.0.0.1", first, To: first + Tries));
        await chardev.OpenAsync(default);
        var peer = chardev.NextPeerAsync(default);

        // Other programs may hold ports of the range too, so look which one leads here.
        for (var port = first + 1; port <= first + Tries && !peer.IsCompleted; port++)
        {
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port);
            }
            catch (SocketException)
            {
                continue;
            }

            using var accepted = await Scratch.WithinAsync(peer);
            if (accepted!.RemoteEndPoint!.Equals(client.LocalEndPoint))
            {
                await Scratch.AreConnectedAsync(accepted, client);
                return;
            }
        }

        Assert.Fail("no port of the range leads to the chardev");
    }

    [Test]
    public void Without_to_a_busy_port_is_refused_with_its_address()
    {
        using var busy = ListenOnAnyPort();
        var port = ((IPEndPoint)busy.LocalEndPoint!).Port;
        Assert.That(
            async () => await Server(new ChardevAddress.Inet("127.0.0.1", port)).OpenAsync(default),
            Throws.TypeOf<ChardevException>().With.Message.EqualTo($"Failed to bind socket to '127.0.0.1:{port}': Address already in use"));
    }

    [Test]
    public void A_name_without_an_address_is_refused_by_resolution() => Assert.That(
        async () => await Server(new ChardevAddress.Inet("no-such-host.invalid", 4444)).OpenAsync(default),
        Throws.TypeOf<ChardevException>().With.Message.StartsWith("address resolution failed for 'no-such-host.invalid:4444': "));

    [Test]
    public async Task A_connection_goes_without_Nagles_delay()
    {
        using var listener = ListenOnAnyPort();
        using var chardev = Client(new ChardevAddress.Inet("127.0.0.1", ((IPEndPoint)listener.LocalEndPoint!).Port));
        await Scratch.WithinAsync(chardev.OpenAsync(default));
        using var accepted = await Scratch.WithinAsync(listener.AcceptAsync());
        using var peer = await Scratch.WithinAsync(chardev.NextPeerAsync(default));
        Assert.That(peer!.NoDelay, Is.True);
        await Scratch.AreConnectedAsync(peer, accepted);
    }

    [Test]
    public void A_port_nobody_listens_on_is_refused()
    {
        int port;
        using (var listener = ListenOnAnyPort())
            port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        Assert.That(
            async () => await Client(new ChardevAddress.Inet("127.0.0.1", port)).OpenAsync(default),
            Throws.TypeOf<ChardevException>().With.Message.EqualTo($"Failed to connect to '127.0.0.1:{port}': Connection refused"));
    }

    [Test]
    public void An_address_of_the_excluded_family_is_none() => Assert.That(
        async () => await Client(new ChardevAddress.Inet("127.0.0.1", 9, Ipv4: false)).OpenAsync(default),
        Throws.TypeOf<ChardevException>().With.Message.EqualTo("Failed to connect to '127.0.0.1:9': the name has no address of that kind"));

    [Test]
    public void Addresses_are_written_as_QEMU_writes_them()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(new ChardevAddress.Inet("::1", 4444).ToString(), Is.EqualTo("tcp:[::1]:4444"));
            Assert.That(new ChardevAddress.Inet("host", 4444).ToString(), Is.EqualTo("tcp:host:4444"));
            Assert.That(new ChardevAddress.Fd(5).ToString(), Is.EqualTo("fd:5"));
            Assert.That(new ChardevAddress.Unix("/run/m0").ToString(), Is.EqualTo("unix:/run/m0"));
            Assert.That(new ChardevAddress.Unix("m0", true, false).ToString(), Is.EqualTo("unix:m0,abstract=on,tight=off"));
        }
    }

    [Test]
    public async Task A_server_takes_the_unspecified_address_and_its_port_has_one_server([Values("0.0.0.0", "127.0.0.1")] string host)
    {
        var port = FreePort();
        using var first = Server(new ChardevAddress.Inet(host, port));
        await first.OpenAsync(default);
        using var second = Server(new ChardevAddress.Inet(host, port));

        Assert.That(async () => await second.OpenAsync(default), Throws.TypeOf<ChardevException>().With.Message.Contains("Address already in use"));
    }

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private static SocketChardev Server(ChardevAddress address) =>
        new(new SocketChardevOptions("m0", address, Server: true, Reconnect: null), TimeProvider.System);

    private static SocketChardev Client(ChardevAddress address) =>
        new(new SocketChardevOptions("m0", address, Server: false, Reconnect: null), TimeProvider.System);

    private static Socket ListenOnAnyPort()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(1);
        return socket;
    }
}
