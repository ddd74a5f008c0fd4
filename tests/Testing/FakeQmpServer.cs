using System.Net;
using System.Net.Sockets;
using QmpRedirector.Qmp;

namespace QmpRedirector.Testing;

/// <summary>
/// A QMP server whose every word the test scripts. It listens on a UNIX socket in a directory of its own, or on loopback TCP, and
/// hands each client to the test, which may treat several at once, greet late, or not at all.
/// </summary>
public sealed class FakeQmpServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly TempDirectory? _directory;
    private readonly List<FakeQmpConnection> _connections = [];

    private FakeQmpServer(Socket listener, TempDirectory? directory, QmpAddress address)
    {
        _listener = listener;
        _directory = directory;
        Address = address;
    }

    /// <summary>Where clients connect.</summary>
    public QmpAddress Address { get; }

    /// <summary>Listens on a UNIX socket.</summary>
    public static FakeQmpServer Start()
    {
        var directory = new TempDirectory();
        return Start(directory.File("qmp.sock"), directory);
    }

    /// <summary>Listens on a UNIX socket of a given path, for example one a client already waits for.</summary>
    public static FakeQmpServer Start(string path) => Start(path, directory: null);

    /// <summary>Listens on 127.0.0.1 on a free port.</summary>
    public static FakeQmpServer StartTcp()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(8);
        return new FakeQmpServer(listener, null, Parse($"tcp:127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}"));
    }

    /// <summary>The next client.</summary>
    public async Task<FakeQmpConnection> AcceptAsync(CancellationToken ct = default)
    {
        var socket = await Bounded.WaitAsync(_listener.AcceptAsync(ct).AsTask(), $"a client on {Address}");
        return Adopt(socket);
    }

    /// <summary>The next client, greeted and negotiated with.</summary>
    public async Task<FakeQmpConnection> AcceptNegotiatedAsync()
    {
        var connection = await AcceptAsync();
        await connection.NegotiateAsync();
        return connection;
    }

    /// <summary>The next client, however long it takes.</summary>
    public async Task<FakeQmpConnection> AcceptUnboundedAsync(CancellationToken ct) => Adopt(await _listener.AcceptAsync(ct));

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        FakeQmpConnection[] connections;
        lock (_connections)
            connections = [.. _connections];
        foreach (var connection in connections)
            await connection.CloseAsync();
        if (Address.Path is { } path)
            File.Delete(path);
        _directory?.Dispose();
    }

    private static FakeQmpServer Start(string path, TempDirectory? directory)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(8);
        return new FakeQmpServer(listener, directory, Parse($"unix:{path}"));
    }

    private static QmpAddress Parse(string text) =>
        QmpAddress.TryParse(text, out var address, out var error) ? address : throw new InvalidOperationException(error);

    private FakeQmpConnection Adopt(Socket socket)
    {
        var connection = new FakeQmpConnection(socket);
        lock (_connections)
            _connections.Add(connection);
        return connection;
    }
}
