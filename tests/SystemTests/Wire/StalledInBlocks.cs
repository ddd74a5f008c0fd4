using System.Diagnostics;
using System.Net.Sockets;
using QmpRedirector.Net;
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

    private readonly FrameSender _sender;
    private readonly byte[] _frame = Frames.Numbered(0, Length);
    private readonly Socket _connection;
    private readonly Socket _peer;
    private readonly int _bytesOfOne;
    private readonly byte[] _buffer = new byte[1 << 20];
    private long _read;
    private long _since;

    private StalledInBlocks(Forwarder forwarder, FrameSender sender, Socket connection, Socket peer, int vnetHeader)
    {
        (Forwarder, _sender, _connection, _peer) = (forwarder, sender, connection, peer);
        _bytesOfOne = Framing + vnetHeader + Length;
    }

    public Forwarder Forwarder { get; }

    public long Sent => _sender.Sent;

    /// <summary>How long the peer has read nothing.</summary>
    public TimeSpan Stalled => Stopwatch.GetElapsedTime(_since);

    public static async Task<StalledInBlocks> CreateAsync(Lab lab, int vnetHeader, TimeSpan keep, int unread)
    {
        await lab.OpenTapAsync();
        var (ours, theirs) = await InProcessForwarder.ConnectedPairAsync(lab.PathOf("m0"));
        ours.SendBufferSize = SendBuffer;
        var forwarder = InProcessForwarder.Open(
            lab.Namespace, Lab.TapName, vnetHeader, ringChoice: new RingChoice(Stopwatch.GetTimestamp()) { Keep = keep });
        _ = forwarder.ServeAsync(ours);
        await InProcessForwarder.HasPeerAsync(forwarder);
        forwarder.Arm();
        var stalled = new StalledInBlocks(forwarder, lab.OpenSender(), ours, theirs, vnetHeader);
        await Eventually.ThatAsync(
            async () =>
            {
                // As many as the peer can be behind, again and again.
                for (var i = 0; i < 20; i++)
                {
                    stalled.Send(500);
                    await stalled.ReadAllAsync();
                }

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

    public async ValueTask DisposeAsync()
    {
        await Forwarder.DisposeAsync();
        _connection.Dispose();
        _peer.Dispose();
    }
}
