using System.Diagnostics;
using System.Net.Sockets;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>
/// Captures a TAP's frames while armed and writes them, framed, to the peer of a chardev. The control plane calls this class; frames
/// are moved by a thread of its own (<see cref="ForwarderThread"/>), which never waits for the control plane.
/// </summary>
/// <remarks>
/// The kernel's receive buffer is the backlog: while the peer does not take a frame, no other is read, and the kernel drops (and
/// counts) the newest when the buffer is full. Disarming swaps a drop-all filter in; what was accepted before stays and is still sent.
/// </remarks>
public sealed class Forwarder : IAsyncDisposable
{
    /// <summary>How long, when told to stop, to go on sending to a peer that keeps taking frames.</summary>
    public static readonly TimeSpan SendAtStop = TimeSpan.FromMilliseconds(250);

    /// <summary>How long, when told to stop, a peer has to take the rest of a half-written frame.</summary>
    public static readonly TimeSpan FinishFrame = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly PacketSocket _socket;
    private readonly ForwarderThread _thread;
    private readonly ActiveWindows _windows = new();
    private CaptureDirection _direction;

    /// <summary>Opens the packet socket, disarmed and bound to nothing, and starts the data thread.</summary>
    /// <exception cref="LinuxException">CAP_NET_RAW is missing (EPERM), or the kernel lacks a socket option.</exception>
    public Forwarder(ForwarderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _direction = options.Direction;
        _socket = PacketSocket.Open(options.Backlog);
        _thread = new ForwarderThread(options, _socket, _windows);
        _thread.Start();
    }

    /// <summary>Bytes of backlog the kernel granted. Less than asked for without CAP_NET_ADMIN (net.core.rmem_max).</summary>
    public long GrantedBacklog => _socket.ReceiveBuffer;

    /// <summary>True between <see cref="Arm"/> and <see cref="Disarm"/>.</summary>
    public bool IsArmed { get; private set; }

    /// <summary>Completes when the data thread has ended; faults if it failed.</summary>
    public Task Completion => _thread.Completion;

    /// <summary>Captures from this interface from now on. What was accepted from an earlier one stays queued.</summary>
    /// <exception cref="LinuxException">No such interface.</exception>
    public void Bind(int interfaceIndex)
    {
        lock (_gate)
            _socket.Bind(interfaceIndex);
    }

    /// <summary>Takes frames from now on. Does nothing when already armed.</summary>
    /// <returns>Nanoseconds from the call to the filter being in place.</returns>
    public long Arm()
    {
        lock (_gate)
        {
            if (IsArmed)
                return 0;
            var before = RealtimeClock.NowNanoseconds;
            _windows.Open(before, Stopwatch.GetTimestamp(), _thread.EmptyAt);
            _socket.AttachFilter(CaptureFilter.Accept(_direction));
            IsArmed = true;
            _thread.Post(new ForwarderCommand.CancelDrain());
            return RealtimeClock.NowNanoseconds - before;
        }
    }

    /// <summary>
    /// Takes no frame from now on, and drops those stamped after <paramref name="cutoffNanoseconds"/> that are not sent yet. Does
    /// nothing when already disarmed.
    /// </summary>
    /// <param name="cutoffNanoseconds">CLOCK_REALTIME time of the event that ended the capture; null for now.</param>
    /// <returns>Nanoseconds from the call to the filter being in place.</returns>
    public long Disarm(long? cutoffNanoseconds)
    {
        lock (_gate)
        {
            if (!IsArmed)
                return 0;
            var before = RealtimeClock.NowNanoseconds;
            var cutoff = Math.Min(cutoffNanoseconds ?? before, before);
            _windows.Close(cutoff, _thread.EmptyAt);
            _socket.AttachFilter(CaptureFilter.DropAll);
            IsArmed = false;
            _thread.Post(new ForwarderCommand.Disarmed(cutoff));
            return RealtimeClock.NowNanoseconds - before;
        }
    }

    /// <summary>Changes which frames are taken from now on.</summary>
    public void SetDirection(CaptureDirection direction)
    {
        lock (_gate)
        {
            if (IsArmed)
                _socket.AttachFilter(CaptureFilter.Accept(direction));
            _direction = direction;
        }
    }

    /// <summary>Changes the backlog; frames that wait already stay, also when it becomes smaller than they are.</summary>
    /// <param name="bytes">As in <see cref="ForwarderOptions"/>; <see cref="GrantedBacklog"/> tells what the kernel made of it.</param>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public void SetBacklog(long bytes)
    {
        lock (_gate)
            _socket.SetReceiveBuffer(bytes);
    }

    /// <summary>Changes the bytes of vnet header before each frame, between two frames.</summary>
    public void SetVnetHeaderLength(int bytes) => _thread.Post(new ForwarderCommand.SetVnetHeaderLength(bytes));

    /// <summary>Sends to this connected stream socket until it ends, and says why it did. The caller then disposes of the socket.</summary>
    public Task<PeerLoss> ServeAsync(Socket peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        var command = new ForwarderCommand.AttachPeer(peer);
        _thread.Post(command);
        return command.Lost.Task;
    }

    /// <summary>The account as it is now.</summary>
    public Task<ForwarderSnapshot> SnapshotAsync()
    {
        var command = new ForwarderCommand.TakeSnapshot();
        _thread.Post(command);
        return command.Taken.Task;
    }

    /// <summary>
    /// Waits until everything accepted has been sent or dropped. What the peer has not taken when <paramref name="linger"/> is over is
    /// dropped as <see cref="DropReason.LingerExpired"/>. For a disarmed forwarder: arming it again ends the wait and keeps the rest.
    /// </summary>
    public Task DrainAsync(TimeSpan linger)
    {
        var command = new ForwarderCommand.Drain(linger);
        _thread.Post(command);
        return command.Done.Task;
    }

    /// <summary>
    /// Ends the capture and the thread: what the peer takes at once is still sent, a half-written frame is finished if the peer takes it
    /// within <see cref="FinishFrame"/>, the rest is dropped as <see cref="DropReason.Shutdown"/>.
    /// </summary>
    /// <returns>The final account.</returns>
    public async Task<ForwarderSnapshot> StopAsync()
    {
        Disarm(null);
        _thread.Post(new ForwarderCommand.Stop());
        await _thread.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _thread.Final;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _thread.Dispose();
        _socket.Dispose();
    }
}
