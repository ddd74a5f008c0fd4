using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace QmpRedirector.Testing;

/// <summary>One client of a <see cref="FakeQmpServer"/>. Its messages look like QEMU 7.2's.</summary>
public sealed class FakeQmpConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly StreamReader _reader;
    private readonly SemaphoreSlim _writing = new(1);
    private FakeCommand? _last;

    internal FakeQmpConnection(Socket socket)
    {
        _socket = socket;
        _reader = new StreamReader(new NetworkStream(socket));
    }

    /// <summary>QEMU 7.2's greeting.</summary>
    public Task SendGreetingAsync(string capabilities = "\"oob\"") => SendAsync(
        """{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian 1:7.2"}, "capabilities": ["""
        + capabilities + "]}}");

    /// <summary>The whole opening: greeting, the client's qmp_capabilities, its reply.</summary>
    public async Task NegotiateAsync()
    {
        await SendGreetingAsync();
        await ExpectAsync("qmp_capabilities");
        await SendReturnAsync();
    }

    /// <summary>The client's next command, which must have this name.</summary>
    public async Task<FakeCommand> ExpectAsync(string name)
    {
        var command = await Bounded.WaitAsync(ReceiveAsync(), $"the command '{name}'")
            ?? throw new InvalidOperationException($"Expected the command '{name}', but the client closed the connection.");
        return command.Name == name
            ? command
            : throw new InvalidOperationException($"Expected the command '{name}', but the client sent '{command.Name}'.");
    }

    /// <summary>The client's closing of the connection; a command before it is an error.</summary>
    public async Task ExpectCloseAsync()
    {
        if (await Bounded.WaitAsync(ReceiveAsync(), "the client's closing of the connection") is { } command)
            throw new InvalidOperationException($"Expected the client to close the connection, but it sent '{command.Name}'.");
    }

    /// <summary>The client's next command, whatever it is and however long it takes; null when it has closed the connection.</summary>
    public async Task<FakeCommand?> ReceiveAsync(CancellationToken ct = default)
    {
        try
        {
            return await _reader.ReadLineAsync(ct) is { } line ? _last = FakeCommand.Parse(line) : null;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Returns JSON for a command, by default the last received.</summary>
    public Task SendReturnAsync(string json = "{}", FakeCommand? to = null) => SendAsync($$"""{"return": {{json}}{{IdOf(to)}}}""");

    /// <summary>Fails a command, by default the last received.</summary>
    public Task SendErrorAsync(string errorClass, string description, FakeCommand? to = null) =>
        SendAsync($$"""{"error": {"class": "{{errorClass}}", "desc": "{{JsonEncodedText.Encode(description)}}"}{{IdOf(to)}}}""");

    /// <summary>Sends an event. Without a timestamp it carries -1, as QEMU's do when the time is unavailable.</summary>
    public Task SendEventAsync(string name, string? dataJson = null, long? timestampNs = null)
    {
        var seconds = timestampNs is { } s ? s / 1_000_000_000 : -1;
        var microseconds = timestampNs is { } us ? us / 1_000 % 1_000_000 : -1;
        var stamp = string.Create(CultureInfo.InvariantCulture, $$"""{"seconds": {{seconds}}, "microseconds": {{microseconds}}}""");
        return SendAsync($$"""{"timestamp": {{stamp}}, "event": "{{name}}"{{(dataJson is null ? "" : ", \"data\": " + dataJson)}}}""");
    }

    /// <summary>Sends text and QEMU's CR LF.</summary>
    public Task SendAsync(string message) => SendRawAsync(Encoding.UTF8.GetBytes(message + "\r\n"));

    /// <summary>Sends these bytes and no others.</summary>
    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        await _writing.WaitAsync();
        try
        {
            while (bytes.Length > 0)
                bytes = bytes[await Bounded.WaitAsync(_socket.SendAsync(bytes).AsTask(), "the client to read")..];
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Ends the connection: the client reads what was sent, then the end of the stream.</summary>
    public async Task CloseAsync() => await DisposeAsync();

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _reader.Dispose();
        return ValueTask.CompletedTask;
    }

    private string IdOf(FakeCommand? to) => (to ?? _last)?.Id is { } id ? $", \"id\": {id.GetRawText()}" : "";
}
