using System.Net.Sockets;
using System.Text;

namespace QmpRedirector.Net.Tests.Chardevs;

[TestFixture]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class UnixChardevTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Test]
    public async Task A_server_listens_once_it_is_open_and_serves_one_peer_after_the_other()
    {
        using var chardev = await OpenServerAsync("m0");
        using (var first = Scratch.Connect(_scratch.PathOf("m0")))
        using (var peer = await NextAsync(chardev))
            await Scratch.AreConnectedAsync(peer, first);
        using var second = Scratch.Connect(_scratch.PathOf("m0"));
        using var next = await NextAsync(chardev);
        await Scratch.AreConnectedAsync(next, second);
    }

    [Test]
    public async Task A_client_connects_when_it_is_opened_and_has_no_second_peer()
    {
        using var listener = Scratch.Listen(_scratch.PathOf("m0"));
        using var chardev = Client("m0");
        await Scratch.WithinAsync(chardev.OpenAsync(default));
        using var accepted = await Scratch.WithinAsync(listener.AcceptAsync());
        using (var peer = await NextAsync(chardev))
            await Scratch.AreConnectedAsync(peer, accepted);
        Assert.That(await Scratch.WithinAsync(chardev.NextPeerAsync(default)), Is.Null);
    }

    [Test]
    public void A_client_without_a_server_fails_with_the_path_and_the_systems_reason() => Assert.That(
        async () => await Client("m0").OpenAsync(default),
        Throws.TypeOf<ChardevException>()
            .With.Message.EqualTo($"Failed to connect to '{_scratch.PathOf("m0")}': No such file or directory"));

    [Test]
    public void A_client_at_a_socket_nobody_listens_on_is_refused()
    {
        LeaveStaleSocket("m0");
        Assert.That(
            async () => await Client("m0").OpenAsync(default),
            Throws.TypeOf<ChardevException>().With.Message.EqualTo($"Failed to connect to '{_scratch.PathOf("m0")}': Connection refused"));
    }

    [Test]
    public async Task A_stale_socket_is_replaced()
    {
        LeaveStaleSocket("m0");
        using var chardev = await OpenServerAsync("m0");
        using var client = Scratch.Connect(_scratch.PathOf("m0"));
        using var peer = await NextAsync(chardev);
        await Scratch.AreConnectedAsync(peer, client);
    }

    [Test]
    public void A_regular_file_in_the_way_is_refused_and_left_alone()
    {
        File.WriteAllText(_scratch.PathOf("m0"), "precious");
        AssertRefused("something that is not a socket is in the way; remove it or choose another path");
        Assert.That(File.ReadAllText(_scratch.PathOf("m0")), Is.EqualTo("precious"));
    }

    [Test]
    public void A_symbolic_link_in_the_way_is_refused_even_if_it_leads_to_a_socket()
    {
        LeaveStaleSocket("elsewhere");
        File.CreateSymbolicLink(_scratch.PathOf("m0"), _scratch.PathOf("elsewhere"));
        AssertRefused("something that is not a socket is in the way; remove it or choose another path");
        Assert.That(new FileInfo(_scratch.PathOf("m0")).LinkTarget, Is.EqualTo(_scratch.PathOf("elsewhere")));
        Assert.That(ChardevAddress.IsSocket(_scratch.PathOf("elsewhere")), Is.True);
    }

    [Test]
    public void A_dangling_symbolic_link_is_refused_and_not_followed()
    {
        File.CreateSymbolicLink(_scratch.PathOf("m0"), _scratch.PathOf("nowhere"));
        AssertRefused("something that is not a socket is in the way; remove it or choose another path");
        Assert.That(_scratch.PathOf("nowhere"), Does.Not.Exist);
    }

    [Test]
    public void A_missing_folder_is_named_by_the_systems_reason() => Assert.That(
        async () => await Server(new ChardevAddress.Unix(_scratch.PathOf("no/such/m0"))).OpenAsync(default),
        Throws.TypeOf<ChardevException>()
            .With.Message.EqualTo($"Failed to bind socket to '{_scratch.PathOf("no/such/m0")}': No such file or directory"));

    [Test]
    public async Task A_path_of_107_bytes_is_taken()
    {
        var path = PathOfLength(107);
        using var chardev = Server(new ChardevAddress.Unix(path));
        await chardev.OpenAsync(default);
        Assert.That(ChardevAddress.IsSocket(path), Is.True);
    }

    [Test]
    public void A_path_of_108_bytes_is_too_long_for_server_and_client()
    {
        var unix = new ChardevAddress.Unix(PathOfLength(108));
        foreach (var chardev in (SocketChardev[])[Server(unix), Client(unix)])
        {
            Assert.That(
                async () => await chardev.OpenAsync(default),
                Throws.TypeOf<ChardevException>()
                    .With.Message.EqualTo($"UNIX socket path '{unix.Path}' is too long: it must be less than 108 bytes"));
        }
    }

    [Test]
    public void A_paths_length_is_counted_in_bytes()
    {
        var path = PathOfLength(104)[..^1] + "äöü";
        Assert.That(path.Length, Is.LessThan(108));
        Assert.That(async () => await Server(new ChardevAddress.Unix(path)).OpenAsync(default), Throws.TypeOf<ChardevException>());
    }

    [Test]
    public async Task The_socket_file_goes_with_the_server()
    {
        var chardev = await OpenServerAsync("m0");
        Assert.That(ChardevAddress.IsSocket(_scratch.PathOf("m0")), Is.True);
        chardev.Dispose();
        Assert.That(_scratch.PathOf("m0"), Does.Not.Exist);
    }

    [TestCase("abstract", true)]
    [TestCase("abstract", false)]
    [TestCase("äbstract", false)]
    public async Task An_abstract_name_is_listened_on_padded_as_asked_and_leaves_no_file(string prefix, bool tight)
    {
        var name = $"{prefix}-{Guid.NewGuid():N}";
        var bytes = Encoding.UTF8.GetBytes("\0" + name);
        using var chardev = Server(new ChardevAddress.Unix(name, Abstract: true, tight));
        await chardev.OpenAsync(default);

        // sun_path has 108 bytes (linux/un.h); the kernel compares an abstract name with all its zero bytes.
        var padded = Encoding.UTF8.GetString(bytes) + new string('\0', 108 - bytes.Length);
        using var client = Scratch.Connect(tight ? "\0" + name : padded);
        using var peer = await NextAsync(chardev);
        await Scratch.AreConnectedAsync(peer, client);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => Scratch.Connect(tight ? padded : "\0" + name), Throws.TypeOf<SocketException>());
            Assert.That(name, Does.Not.Exist);
        }
    }

    [Test]
    public async Task The_file_name_is_what_query_chardev_shows()
    {
        var path = _scratch.PathOf("m0");
        using var chardev = await OpenServerAsync("m0");
        Assert.That(chardev.Filename, Is.EqualTo($"disconnected:unix:{path},server=on"));
    }

    private void AssertRefused(string reason) => Assert.That(
        async () => await OpenServerAsync("m0"),
        Throws.TypeOf<ChardevException>().With.Message.EqualTo($"Failed to bind socket to '{_scratch.PathOf("m0")}': {reason}"));

    private async Task<SocketChardev> OpenServerAsync(string name)
    {
        var chardev = Server(new ChardevAddress.Unix(_scratch.PathOf(name)));
        await Scratch.WithinAsync(chardev.OpenAsync(default));
        return chardev;
    }

    private static SocketChardev Server(ChardevAddress address) =>
        new(new SocketChardevOptions("m0", address, Server: true, Reconnect: null), TimeProvider.System);

    private SocketChardev Client(string name) => Client(new ChardevAddress.Unix(_scratch.PathOf(name)));

    private static SocketChardev Client(ChardevAddress address) =>
        new(new SocketChardevOptions("m0", address, Server: false, Reconnect: null), TimeProvider.System);

    private static async Task<Socket> NextAsync(SocketChardev chardev) => (await Scratch.WithinAsync(chardev.NextPeerAsync(default)))!;

    /// <summary>
    /// A socket whose owner was killed: .NET would unlink it, so the bound descriptor is closed by moving the file away and back.
    /// </summary>
    private void LeaveStaleSocket(string name)
    {
        var path = _scratch.PathOf(name);
        using (Scratch.Listen(path))
            File.Move(path, path + ".stale");
        File.Move(path + ".stale", path);
    }

    private string PathOfLength(int bytes)
    {
        var folder = _scratch.PathOf("");
        return folder + new string('x', bytes - Encoding.UTF8.GetByteCount(folder));
    }
}
