using System.Net.Sockets;
using QmpRedirector.Net;
using QmpRedirector.Send;
using QmpRedirector.Testing;

namespace QmpRedirector.Tests.Send;

/// <summary>One run of <c>send</c> to a UNIX socket, whose other end is the test's.</summary>
internal sealed class SendRun : IDisposable
{
    private readonly TempDirectory _folder = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly StringWriter _diagnostics = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task<int> _run;

    public SendRun(byte[] file, SendSettings? settings = null, TimeProvider? time = null)
        : this(new MemoryStream(file), settings, time)
    {
    }

    public SendRun(Stream file, SendSettings? settings = null, TimeProvider? time = null, bool isTerminal = false)
    {
        var path = _folder.File("peer");
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        SocketChardevOptions chardev = new("send", new ChardevAddress.Unix(path), Server: false, Reconnect: null);
        Terminal = TextWriter.Synchronized(_diagnostics);
        _run = Task.Run(() => new SendSession(settings ?? new SendSettings(), time ?? TimeProvider.System, Terminal, isTerminal)
            .RunAsync("guest.pcap", file, chardev, _stop.Token));
    }

    private TextWriter Terminal { get; }

    public bool IsOver => _run.IsCompleted;

    public async Task<Socket> AcceptAsync() => await Bounded.WaitAsync(_listener.AcceptAsync(), "a connection of the sender");

    /// <summary>Bytes that a connection like this one takes while nobody reads, written in pieces of a size of which one is cut.</summary>
    public static int RoomFor(int piece)
    {
        using TempDirectory folder = new();
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using Socket writer = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        listener.Bind(new UnixDomainSocketEndPoint(folder.File("room")));
        listener.Listen();
        writer.Connect(listener.LocalEndPoint!);
        var room = 0;
        for (var written = piece; written == piece; room += written)
            written = writer.Send(new byte[piece]);
        return room;
    }

    /// <summary>Until so many bytes wait to be read, which no event tells.</summary>
    public async Task UntilUnreadAsync(Socket peer, int bytes)
    {
        var filling = Task.Run(async () =>
        {
            while (peer.Available < bytes && !IsOver)
                await Task.Delay(1, CancellationToken.None);
        });
        await Bounded.WaitAsync(filling, $"{bytes} bytes unread");
    }

    /// <summary>SIGTERM.</summary>
    public void Stop() => _stop.Cancel();

    public async Task<(int ExitCode, string[] Lines)> EndAsync()
    {
        var exitCode = await Bounded.WaitAsync(_run, "the end of the run");
        return (exitCode, _diagnostics.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Reads the stream to its end.</summary>
    public async Task<List<(byte[] Payload, uint VnetHdrLen)>> ReceiveAllAsync(bool vnetHdrSupport = false)
    {
        using var peer = await AcceptAsync();
        FrameReader reader = new(vnetHdrSupport);
        List<(byte[], uint)> frames = [];
        while (await Bounded.WaitAsync(peer.ReceiveAsync(reader.GetMemory()).AsTask(), "bytes, or the end") is var count and > 0)
        {
            reader.Advance(count);
            while (reader.TryRead(out var frame))
                frames.Add((frame.Payload.ToArray(), frame.AnnouncedVnetHdrLen));
        }

        Assert.That(reader.Pending, Is.Zero, "the stream ends between two frames");
        return frames;
    }

    public void Dispose()
    {
        _stop.Dispose();
        _listener.Dispose();
        _diagnostics.Dispose();
        _folder.Dispose();
    }
}
