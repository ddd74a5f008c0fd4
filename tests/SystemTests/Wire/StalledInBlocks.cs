using System.Diagnostics;
using System.Net.Sockets;
using QmpRedirector.Net;
using QmpRedirector.SystemTests.Interop;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>A forwarder that has come to use blocks, and whose peer then stops to read with frames of them in hand.</summary>
internal sealed class StalledInBlocks : IAsyncDisposable
{
    private const int Framing = 8;
    private const int Length = 1514;

    /// <summary>Frames that the connection does not hold, and one block does: they are all taken at once.</summary>
    public const int OneBatch = 100;

    /// <summary>Frames that are more than one batch: some stay in the blocks.</summary>
    public const int ManyBatches = 600;

    private const int SendBuffer = 4096;

    private readonly Lab _lab;
    private readonly byte[] _frame = Frames.Numbered(0, Length);
    private readonly Socket _connection;
    private readonly Socket _peer;
    private readonly int _bytesOfOne;
    private readonly byte[] _buffer = new byte[1 << 20];
    private Tap _tap;
    private FrameSender _sender;
    private long _sentBefore;
    private long _read;
    private long _since;

    private StalledInBlocks(Lab lab, Tap tap, Forwarder forwarder, Socket connection, Socket peer, int vnetHeader)
    {
        (_lab, _tap, Forwarder, _connection, _peer) = (lab, tap, forwarder, connection, peer);
        _sender = lab.OpenSender();
        _bytesOfOne = Framing + vnetHeader + Length;
    }

    public Forwarder Forwarder { get; }

    public long Sent => _sentBefore + _sender.Sent;

    /// <summary>How long the peer has read nothing.</summary>
    public TimeSpan Stalled => Stopwatch.GetElapsedTime(_since);

    public static async Task<StalledInBlocks> CreateAsync(Lab lab, int vnetHeader, TimeSpan keep, int unread)
    {
        var tap = await lab.OpenTapAsync();
        var (ours, theirs) = await InProcessForwarder.ConnectedPairAsync(lab.PathOf("m0"));
        ours.SendBufferSize = SendBuffer;
        var forwarder = InProcessForwarder.Open(
            lab.Namespace, Lab.TapName, vnetHeader, ringChoice: new RingChoice(Stopwatch.GetTimestamp()) { Keep = keep });
        _ = forwarder.ServeAsync(ours);
        await InProcessForwarder.HasPeerAsync(forwarder);
        forwarder.Arm();
        var stalled = new StalledInBlocks(lab, tap, forwarder, ours, theirs, vnetHeader);
        await Eventually.ThatAsync(
            async () =>
            {
                await stalled.LoadAsync();
                return (await forwarder.SnapshotAsync()).HandOvers % 2 == 1;
            },
            "blocks are used");
        stalled.Send(unread);
        stalled._since = Stopwatch.GetTimestamp();
        return stalled;
    }

    public void Send(int count)
    {
        for (var i = 0; i < count; i++) _sender.Send(_frame);
    }

    /// <summary>As many frames as the peer can be behind, again and again: enough for blocks to be used.</summary>
    public async Task LoadAsync()
    {
        for (var i = 0; i < 20; i++)
        {
            Send(500);
            await ReadAllAsync();
        }
    }

    /// <summary>The TAP goes, and another of its name comes; the forwarder is told of both, as the control plane does.</summary>
    public async Task ReplaceTapAsync()
    {
        Forwarder.Disarm(null);
        _tap.Dispose();
        _tap = await _lab.OpenTapAsync();
        Forwarder.Bind((int)_lab.Namespace.Run(static () => LibC.InterfaceIndex(Lab.TapName)));
        Forwarder.Arm();
        _sentBefore += _sender.Sent;
        _sender = _lab.OpenSender();
    }

    /// <summary>Reads until every frame sent has come; gives their number.</summary>
    public async Task<long> ReadAllAsync()
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        while (_read < Sent * _bytesOfOne)
        {
            var length = await _peer.ReceiveAsync(_buffer, deadline.Token);
            Assert.That(length, Is.Positive, "the forwarder has closed its connection");
            _read += length;
        }

        return _read / _bytesOfOne;
    }

    /// <summary>Every frame sent came, and nothing else.</summary>
    public async Task CheckAsync()
    {
        var account = await Forwarder.StopAsync();
        _connection.Close();
        Assert.That(await _peer.ReceiveAsync(_buffer), Is.Zero, "no frame more");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(account.KernelSeen, Is.EqualTo(Sent));
            Assert.That(account.Forwarded, Is.EqualTo(Sent));
        }

        Accounting.Balances(InProcessForwarder.Report(account));
    }

    public async ValueTask DisposeAsync()
    {
        await Forwarder.DisposeAsync();
        _connection.Dispose();
        _peer.Dispose();
    }
}
