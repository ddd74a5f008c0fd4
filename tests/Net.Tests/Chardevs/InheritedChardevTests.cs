using System.Net.Sockets;

namespace QmpRedirector.Net.Tests.Chardevs;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class InheritedChardevTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Test]
    public async Task An_inherited_listener_serves_peers()
    {
        var path = _scratch.PathOf("m0");
        using var chardev = Chardev(Scratch.LetGo(Scratch.Listen(path)), server: true);
        await chardev.OpenAsync(default);
        using var client = Scratch.Connect(path);
        using var peer = await Scratch.WithinAsync(chardev.NextPeerAsync(default));
        await Scratch.AreConnectedAsync(peer!, client);
    }

    [Test]
    public async Task An_inherited_connection_is_the_only_peer()
    {
        var path = _scratch.PathOf("m0");
        using var listener = Scratch.Listen(path);
        using var chardev = Chardev(Scratch.LetGo(Scratch.Connect(path)), server: false);
        using var accepted = await Scratch.WithinAsync(listener.AcceptAsync());
        await chardev.OpenAsync(default);
        using (var peer = await Scratch.WithinAsync(chardev.NextPeerAsync(default)))
            await Scratch.AreConnectedAsync(peer!, accepted);
        Assert.That(await Scratch.WithinAsync(chardev.NextPeerAsync(default)), Is.Null);
    }

    [Test]
    public void A_descriptor_that_is_no_socket_is_refused_and_stays_open()
    {
        File.WriteAllText(_scratch.PathOf("file"), "content");
        using var file = File.OpenHandle(_scratch.PathOf("file"));
        var number = (int)file.DangerousGetHandle();
        Assert.That(
            async () => await Chardev(number, server: false).OpenAsync(default),
            Throws.TypeOf<ChardevException>()
                .With.Message.EqualTo($"File descriptor '{number}' is not a socket: Socket operation on non-socket"));

        // It was not this chardev's to take over: nothing may close it later.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.That(RandomAccess.Read(file, new byte[7], 0), Is.EqualTo(7));
    }

    [Test]
    public void A_socket_that_does_not_listen_is_no_server_and_stays_open()
    {
        using var listener = Scratch.Listen(_scratch.PathOf("m0"));
        using var connection = Scratch.Connect(_scratch.PathOf("m0"));
        var number = (int)connection.Handle;
        Assert.That(
            async () => await Chardev(number, server: true).OpenAsync(default),
            Throws.TypeOf<ChardevException>().With.Message.EqualTo(
                $"File descriptor '{number}' is a socket that does not listen, which server=on needs: pass one that does, or give "
                + "server=off for a connection"));

        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.That(connection.Send((byte[])[1]), Is.EqualTo(1));
    }

    private static SocketChardev Chardev(int descriptor, bool server) =>
        new(new SocketChardevOptions("m0", new ChardevAddress.Fd(descriptor), server, Reconnect: null), TimeProvider.System);
}
