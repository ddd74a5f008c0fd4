using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

/// <summary>A client that sends any bytes and reads lines.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly StreamReader _reader;
    private int _syncs;

    private RawClient(Socket socket)
    {
        _socket = socket;
        _reader = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
    }

    public Socket Socket => _socket;

    public static async Task<RawClient> ConnectAsync(QmpAddress address)
    {
        var socket = address.Kind == QmpAddressKind.Unix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        await Bounded.WaitAsync(
            address.Kind == QmpAddressKind.Unix
                ? socket.ConnectAsync(new UnixDomainSocketEndPoint(address.Path!))
                : socket.ConnectAsync(address.Host!, address.Port),
            $"a connection to {address}");
        return new RawClient(socket);
    }

    public static async Task<RawClient> NegotiateAsync(QmpAddress address, bool outOfBand = false)
    {
        var client = await ConnectAsync(address);
        await client.ReadAsync();
        await client.SendAsync($$$"""{"execute": "qmp_capabilities", "arguments": {"enable": [{{{(outOfBand ? "\"oob\"" : "")}}}]}}""");
        var reply = await client.ReadAsync();
        return reply["return"] is not null ? client : throw new InvalidOperationException($"Not negotiated: {reply.ToJsonString()}");
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await Bounded.WaitAsync(_socket.SendAsync(bytes).AsTask(), "bytes to be sent")..];
    }

    /// <summary>The next line; null at the end of the connection.</summary>
    public Task<string?> ReadLineAsync() => Bounded.WaitAsync(_reader.ReadLineAsync(), "a line");

    public async Task<JsonObject> ReadAsync() =>
        JsonNode.Parse(await ReadLineAsync() ?? throw new EndOfStreamException("The server has closed the connection."))!.AsObject();

    public async Task<JsonObject> AskAsync(string request)
    {
        await SendAsync(request);
        return await ReadAsync();
    }

    /// <summary>
    /// Sends bytes, then 0xFF, from which QMP begins anew whatever came before, and a command. Gives the lines up to the command's reply,
    /// which shows that the connection is still usable.
    /// </summary>
    public async Task<List<string>> ProbeAsync(ReadOnlyMemory<byte> bytes)
    {
        var id = $"sync-{++_syncs}";
        byte[] end = [0xFF, .. Encoding.ASCII.GetBytes($$"""{"execute":"query-version","id":"{{id}}"}""" + '\n')];
        await SendAsync(new byte[][] { bytes.ToArray(), "\n"u8.ToArray(), end }.SelectMany(b => b).ToArray());
        var lines = new List<string>();
        while (true)
        {
            var line = await ReadLineAsync() ?? throw new EndOfStreamException("The server has closed the connection.");
            if (line.Contains($"\"{id}\"", StringComparison.Ordinal))
                return lines;
            lines.Add(line);
        }
    }

    public ValueTask DisposeAsync()
    {
        _reader.Dispose();
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
