using System.Net;
using System.Net.Sockets;

namespace QmpRedirector.Net.Tests.Chardevs;

/// <summary>The probe says what opening would, and leaves nothing.</summary>
internal sealed class ChardevProbeTests
{
    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("probe-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_free_path_can_be_listened_on_and_stays_free()
    {
        Assert.That(await WhyNotListenAsync(new ChardevAddress.Unix(PathOf("m0"))), Is.Null);
        Assert.That(Directory.EnumerateFileSystemEntries(_folder), Is.Empty);
    }

    [TestCase("no/m0")]
    [TestCase("file")]
    [TestCase("file/m0")]
    [TestCase("link")]
    [TestCase("m0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789")]
    public async Task The_sentence_is_the_one_opening_fails_with(string name)
    {
        await File.WriteAllTextAsync(PathOf("file"), "");
        File.CreateSymbolicLink(PathOf("link"), PathOf("target"));
        ChardevAddress address = new ChardevAddress.Unix(PathOf(name));
        using var chardev = new SocketChardev(new SocketChardevOptions("m0", address, true, null), TimeProvider.System);
        var failure = (await Assert.ThrowsAsync<ChardevException>(() => chardev.OpenAsync(CancellationToken.None)))!;

        Assert.That(await WhyNotListenAsync(address), Is.EqualTo(failure.Message).Or.EqualTo(InOneWord(failure.Message)));
    }

    [Test]
    public async Task A_stale_socket_is_no_hindrance_and_stays()
    {
        using (var listener = Listen(PathOf("m0")))
            File.Move(PathOf("m0"), PathOf("stale"));

        Assert.That(await WhyNotListenAsync(new ChardevAddress.Unix(PathOf("stale"))), Is.Null);
        Assert.That(ChardevAddress.IsSocket(PathOf("stale")), Is.True);
    }

    [Test]
    public async Task A_port_in_use_is_told_and_a_free_one_is_not_taken()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        Assert.That(
            await WhyNotListenAsync(new ChardevAddress.Inet("127.0.0.1", port)),
            Is.EqualTo($"Failed to bind socket to '127.0.0.1:{port}': Address already in use"));
        listener.Stop();
        Assert.That(await WhyNotListenAsync(new ChardevAddress.Inet("127.0.0.1", port)), Is.Null);
        Assert.That(await WhyNotListenAsync(new ChardevAddress.Inet("127.0.0.1", port)), Is.Null, "it was given back");
    }

    [Test]
    public async Task An_abstract_name_in_use_is_told()
    {
        var name = $"probe-{Environment.ProcessId}";
        Assert.That(await WhyNotListenAsync(new ChardevAddress.Unix(name, Abstract: true)), Is.Null);
        using var listener = Listen($"\0{name}");

        Assert.That(
            await WhyNotListenAsync(new ChardevAddress.Unix(name, Abstract: true)),
            Is.EqualTo($"Failed to bind socket to '{name}': Address already in use"));
    }

    [Test]
    public void A_client_is_told_what_is_missing_without_a_connection()
    {
        using var listener = Listen(PathOf("m0"));

        Assert.That(ChardevProbe.WhyNotConnect(new ChardevAddress.Unix(PathOf("m0"))), Is.Null);
        Assert.That(listener.Poll(0, SelectMode.SelectRead), Is.False, "nobody has connected");
        Assert.That(
            ChardevProbe.WhyNotConnect(new ChardevAddress.Unix(PathOf("m1"))),
            Is.EqualTo($"Failed to connect to '{PathOf("m1")}': No such file or directory"));
    }

    private static Task<string?> WhyNotListenAsync(ChardevAddress address) =>
        ChardevProbe.WhyNotListenAsync(address, CancellationToken.None);

    // .NET's and statx's sentences name their call and path again; the probe has the kernel's words alone.
    private static string InOneWord(string sentence) => $"{sentence.Split("': ")[0]}': {sentence.Split(": ")[^1]}";

    private static Socket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
        return socket;
    }

    private string PathOf(string name) => Path.Combine(_folder, name);
}
