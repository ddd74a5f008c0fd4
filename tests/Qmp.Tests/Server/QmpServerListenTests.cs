using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

public sealed class QmpServerListenTests
{
    private TempDirectory _directory = null!;
    private string _path = null!;

    [SetUp]
    public void MakeDirectory()
    {
        _directory = new TempDirectory();
        _path = _directory.File("s.sock");
    }

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [Test]
    public async Task The_socket_file_has_mode_0600_and_goes_with_the_server()
    {
        await using (var server = ServerUnderTest.Start(address: _path))
            Assert.That(File.GetUnixFileMode(_path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.That(Path.Exists(_path), Is.False);
    }

    [Test]
    public async Task The_file_has_no_wider_mode_when_it_appears()
    {
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(_path)!);
        var modes = new List<UnixFileMode>();
        var seen = new Signal();
        watcher.Created += (_, e) =>
        {
            lock (modes)
                modes.Add(File.GetUnixFileMode(e.FullPath));
            seen.Pulse();
        };
        watcher.EnableRaisingEvents = true;
        await using var server = ServerUnderTest.Start(address: _path);
        await seen.WaitUntilAsync(() => modes.Count > 0, "the file to be created");
        Assert.That(modes, Is.All.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public async Task A_socket_file_nobody_answers_on_is_replaced()
    {
        using (var gone = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            gone.Bind(new UnixDomainSocketEndPoint(_directory.File("other")));
            File.Move(_directory.File("other"), _path);
        }
        Assert.That(Path.Exists(_path), Is.True, "left behind");
        var log = new LogCapture();
        await using var server = ServerUnderTest.Start(change: o => o with { Logger = log }, address: _path);
        await using var client = await server.ConnectAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(log.Entries.Select(e => e.Id.Id), Does.Contain(1032));
            Assert.That(File.GetUnixFileMode(_path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }
    }

    [Test]
    public async Task A_socket_another_server_answers_on_is_refused_and_left_alone()
    {
        await using var first = ServerUnderTest.Start(address: _path);
        AssertRefused(_path, "it is in use");
        await using var client = await first.ConnectAsync();
        Assert.That((await client.AskAsync("{'execute': 'query-version'}"))["return"], Is.Not.Null);
    }

    [Test]
    public void A_server_whose_queue_of_clients_is_full_is_in_use_too()
    {
        using var busy = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        busy.Bind(new UnixDomainSocketEndPoint(_path));
        busy.Listen(0);
        using var first = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        first.Connect(new UnixDomainSocketEndPoint(_path));
        AssertRefused(_path, "it is in use");
    }

    [Test]
    public void A_regular_file_is_refused_and_left_alone([Values("", "precious")] string content)
    {
        File.WriteAllText(_path, content);
        AssertRefused(_path, "not a socket");
        Assert.That(File.ReadAllText(_path), Is.EqualTo(content));
    }

    [Test]
    public void A_directory_is_refused()
    {
        Directory.CreateDirectory(_path);
        AssertRefused(_path, "not a socket");
    }

    [Test]
    public void A_fifo_is_refused_without_waiting_for_its_other_end()
    {
        using (var mkfifo = Process.Start("mkfifo", [_path]))
            mkfifo.WaitForExit();
        AssertRefused(_path, "not a socket");
        Assert.That(Path.Exists(_path), Is.True);
    }

    [Test]
    public void A_symbolic_link_is_refused_whatever_it_points_to([Values("absent", "file", "socket")] string kind)
    {
        var target = _directory.File("target");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        if (kind == "file")
            File.WriteAllText(target, "");
        else if (kind == "socket")
            socket.Bind(new UnixDomainSocketEndPoint(target));
        File.CreateSymbolicLink(_path, target);
        AssertRefused(_path, "symbolic link");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(new FileInfo(_path).LinkTarget, Is.EqualTo(target));
            Assert.That(Path.Exists(target), Is.EqualTo(kind != "absent"));
        }
    }

    [Test]
    public void A_path_without_directory_is_refused_with_a_remedy() =>
        AssertRefused(_directory.File("none/s.sock"), "its directory does not exist; create it");

    [Test]
    public void A_path_below_a_file_is_refused_with_what_may_be_wrong()
    {
        File.WriteAllText(_path, "");
        AssertRefused(Path.Combine(_path, "s.sock"), "what should be its directory is none");
    }

    [Test]
    public async Task It_serves_TCP_and_warns_of_an_address_that_is_not_loopback()
    {
        var log = new LogCapture();
        await using var local = ServerUnderTest.Start(change: o => o with { Logger = log }, address: $"tcp:127.0.0.1:{FreePort()}");
        await using var client = await local.ConnectAsync();
        Assert.That(log.Entries.Select(e => e.Id.Id), Does.Contain(1030).And.Not.Contain(1031));
        AssertRefused(local.Address.ToString(), "it is in use");
        await using var open = ServerUnderTest.Start(change: o => o with { Logger = log }, address: $"tcp:0.0.0.0:{FreePort()}");
        Assert.That(log.Entries.Single(e => e.Id.Id == 1031).Message, Does.Contain("0.0.0.0 is not a loopback address"));
    }

    [Test]
    public async Task A_TCP_port_can_be_used_again_at_once()
    {
        var address = $"tcp:127.0.0.1:{FreePort()}";
        for (var i = 0; i < 2; i++)
        {
            await using var server = ServerUnderTest.Start(address: address);
            await using var client = await server.ConnectAsync();
            await server.EndAsync();
            Assert.That(await client.ReadLineAsync(), Is.Null, "the server closes first, so its end is in TIME-WAIT");
        }
    }

    [Test]
    public async Task It_serves_an_inherited_listener_whose_file_is_not_its_own()
    {
        // Its descriptor becomes the server's, so this socket is not disposed but made to forget it.
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(_path));
        listener.Listen(4);
        var number = (int)listener.SafeHandle.DangerousGetHandle();
        listener.SafeHandle.SetHandleAsInvalid();
        await using (var server = ServerUnderTest.Start(address: $"fd:{number.ToString(CultureInfo.InvariantCulture)}"))
        {
            await using var client = await RawClient.NegotiateAsync(Clients.Parse(_path));
            Assert.That((await client.AskAsync("{'execute': 'query-version'}"))["return"], Is.Not.Null);
        }
        Assert.That(Path.Exists(_path), Is.True);
    }

    [Test]
    public void A_descriptor_that_does_not_listen_is_refused_and_left_open()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var file = File.OpenHandle("/dev/null");
        using (Assert.EnterMultipleScope())
        {
            AssertRefused($"fd:{socket.SafeHandle.DangerousGetHandle()}", "not a listening stream socket");
            AssertRefused($"fd:{file.DangerousGetHandle()}", "not a listening stream socket");
            AssertRefused("fd:9999", "not a listening stream socket");
            Assert.That(() => socket.Bind(new UnixDomainSocketEndPoint(_path)), Throws.Nothing);
        }
    }

    private static void AssertRefused(string address, string why) => Assert.That(
        () => Open(address),
        Throws.TypeOf<QmpServerException>().With.Message.Contains(why).And.Message.StartsWith("Cannot listen for QMP at "));

    private static void Open(string address)
    {
        var options = new QmpServerOptions { Address = Clients.Parse(address), Version = new QmpVersion(0, 0, 0) };
        new QmpServer(options, new QmpCommandTable()).Open();
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
