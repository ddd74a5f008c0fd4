using System.Diagnostics;
using System.Net.Sockets;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>
/// Captures a TAP's frames while armed and writes them, framed, to the peer of a chardev. The control plane calls this class; frames
/// are moved by a thread of its own (<see cref="ForwarderThread"/>), which never waits for the control plane.
/// </summary>
/// <remarks>
/// The kernel's rings are the backlog: while the peer does not take a frame, no other is read, and the kernel drops (and counts) the
/// newest when a ring is full. Disarming swaps a drop-all filter in; what was accepted before stays and is still sent.
/// </remarks>
public sealed class Forwarder : IAsyncDisposable
{
    /// <summary>How long, when told to stop, to go on sending to a peer that keeps taking frames.</summary>
    public static readonly TimeSpan SendAtStop = TimeSpan.FromMilliseconds(250);

    /// <summary>How long, when told to stop, a peer has to take the rest of a half-written frame.</summary>
    public static readonly TimeSpan FinishFrame = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly CaptureRings _rings;
    private readonly ForwarderThread _thread;
    private readonly ActiveWindows _windows = new();
    private CaptureDirection _direction;

    /// <summary>Opens the packet sockets, disarmed and bound to nothing, and starts the data thread.</summary>
    /// <exception cref="LinuxException">
    /// CAP_NET_RAW is missing (EPERM), the kernel lacks a socket option or memory, or one of PacketFds is another kind of descriptor.
    /// </exception>
    public Forwarder(ForwarderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _direction = options.Direction;
        _rings = CaptureRings.Open(
            options.Backlog, options.PacketFds ?? [], options.RingChoice ?? new RingChoice(Stopwatch.GetTimestamp()));
        try
        {
            _thread = new ForwarderThread(options, _rings, _windows);
            _thread.Start();
        }
        catch
        {
            _rings.Dispose();
            throw;
        }
    }

    /// <summary>What the rings hold.</summary>
    public BacklogCapacity Backlog => _rings.Capacity;

    /// <summary>True between <see cref="Arm"/> and <see cref="Disarm"/>.</summary>
    public bool IsArmed { get; private set; }

    /// <summary>Completes when the data thread has ended; faults if it failed.</summary>
    public Task Completion => _thread.Completion;

    /// <summary>Captures from this interface from now on. What was accepted from an earlier one stays queued.</summary>
    /// <exception cref="LinuxException">No such interface.</exception>
    public void Bind(int interfaceIndex)
    {
        lock (_gate)
            _rings.Bind(interfaceIndex);
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
            try
            {
                _rings.Filter(_direction);
            }
            catch
            {
                _windows.Close(before, _thread.EmptyAt);
                _rings.Filter(null);
                throw;
            }

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
            _rings.Filter(null);
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
                _rings.Filter(direction);
            _direction = direction;
        }
    }

    /// <summary>Changes what becomes of frames while no peer is connected; see <see cref="ForwarderOptions"/>.</summary>
    public void SetHoldWithoutPeer(bool holds) => _thread.Post(new ForwarderCommand.SetHoldWithoutPeer(holds));

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
        _rings.Dispose();
    }
}
