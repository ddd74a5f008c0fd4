using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>
/// The smallest QMP client that can drive a test: one command at a time, events kept until asked for. The product's own client is under
/// test and so is not used here.
/// </summary>
internal sealed class QmpProbe : IDisposable
{
    private readonly Socket _socket;
    private readonly StreamReader _lines;
    private readonly List<QmpEvent> _events = [];

    private QmpProbe(Socket socket)
    {
        _socket = socket;
        _lines = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
    }

    public static async Task<QmpProbe> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        var probe = new QmpProbe(socket);
        var greeting = await probe.ReadAsync();
        Assert.That(greeting["QMP"], Is.Not.Null, $"QMP greeting on {path}");
        await probe.ExecuteAsync("qmp_capabilities");
        return probe;
    }

    public async Task<JsonNode?> ExecuteAsync(string command, JsonObject? arguments = null)
    {
        var answer = await AskAsync(command, arguments);
        if (answer["error"] is { } error) Assert.Fail($"QMP {command}: {error["desc"]}");
        return answer["return"];
    }

    /// <summary>The sentence of the error the command must end with.</summary>
    public async Task<string> FailAsync(string command, JsonObject? arguments = null)
    {
        var answer = await AskAsync(command, arguments);
        Assert.That(answer["error"], Is.Not.Null, $"QMP {command} has to fail: {answer}");
        return (string)answer["error"]!["desc"]!;
    }

    /// <summary>Asks as often as the socket takes it at once, and never reads an answer.</summary>
    public void SendWithoutReading(string request, int times)
    {
        _socket.Blocking = false;
        var line = Encoding.UTF8.GetBytes(request + "\n");
        for (var i = 0; i < times; i++)
        {
            _socket.Send(line, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
                return;
        }
    }

    private async Task<JsonObject> AskAsync(string command, JsonObject? arguments)
    {
        var request = new JsonObject { ["execute"] = command };
        if (arguments is not null) request["arguments"] = arguments;
        await _socket.SendAsync(Encoding.UTF8.GetBytes(request.ToJsonString() + "\n"));
        while (true)
        {
            var message = await ReadAsync();
            if (message.ContainsKey("return") || message.ContainsKey("error")) return message;
            Keep(message);
        }
    }

    /// <summary>The next event of that name since the last one asked for.</summary>
    public async Task<QmpEvent> WaitForEventAsync(string name)
    {
        while (true)
        {
            var found = _events.FindIndex(e => e.Name == name);
            if (found >= 0)
            {
                var result = _events[found];
                _events.RemoveRange(0, found + 1);
                return result;
            }

            Keep(await ReadAsync());
        }
    }

    public async Task<QmpEvent> StopAsync()
    {
        await ExecuteAsync("stop");
        return await WaitForEventAsync("STOP");
    }

    public async Task<QmpEvent> ContinueAsync()
    {
        await ExecuteAsync("cont");
        return await WaitForEventAsync("RESUME");
    }

    public void Dispose()
    {
        _lines.Dispose();
        _socket.Dispose();
    }

    private void Keep(JsonObject message)
    {
        var timestamp = message["timestamp"]!;
        var at = DateTimeOffset.FromUnixTimeSeconds(timestamp["seconds"]!.GetValue<long>())
            .AddMicroseconds(timestamp["microseconds"]!.GetValue<long>());
        _events.Add(new QmpEvent(message["event"]!.GetValue<string>(), at, message["data"] as JsonObject));
    }

    private async Task<JsonObject> ReadAsync()
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        var line = await _lines.ReadLineAsync(deadline.Token) ?? throw new EndOfStreamException("QEMU closed its monitor.");
        return (JsonObject)(JsonNode.Parse(line) ?? throw new JsonException(line));
    }
}
