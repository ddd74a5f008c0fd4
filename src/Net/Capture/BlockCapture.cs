using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>
/// The packet socket of a capture's ring of blocks. The ring is there only while frames are many: its timer runs with and without frames.
/// Making it and giving it up take the kernel some 10 ms (synchronize_net) each, so that is done beside the data thread.
/// </summary>
internal sealed class BlockCapture : IDisposable
{
    // Frames of any length have room. A block may be handed over with few frames in it, one each millisecond: there are enough of them until
    // it is noticed that the peer takes nothing (RingChoice.Silence).
    private static readonly int[] _blockSizes = [256 << 10, 128 << 10];
    private const int FewestBlocks = 64;

    // 1 GiB.
    private const int MostBlocks = 4096;

    // The kernel wants to know of slots, of any size.
    private const int SlotSize = 2048;

    // The shortest there is. Before Linux 6.18 the kernel counts it in ticks: 4 ms where it has 250 a second.
    private const int RetireMilliseconds = 1;

    private readonly RingGeometry _geometry;
    private readonly SocketBinding _binding;
    private BlockRing? _made;
    private Task<bool> _work = Task.FromResult(true);

    private BlockCapture(PacketSocket socket, in RingGeometry geometry)
    {
        Socket = socket;
        _binding = new SocketBinding([socket], isUsed: false);
        _geometry = geometry;
    }

    /// <summary>The ring while there is one. Data thread.</summary>
    internal BlockRing? Ring { get; private set; }

    /// <summary>The ring is being made, or given up.</summary>
    internal bool IsBusy => !_work.IsCompleted;

    internal long Bytes => _geometry.Bytes;

    internal PacketSocket Socket { get; }

    /// <param name="backlog">Bytes of kernel memory to use, about.</param>
    /// <param name="inherited">The descriptor of a packet socket to take over; null to make one.</param>
    /// <returns>Null for a backlog that is no more than a few blocks.</returns>
    /// <exception cref="LinuxException">As <see cref="SlotRings.Open"/>.</exception>
    internal static BlockCapture? Open(long backlog, int? inherited)
    {
        var size = _blockSizes.FirstOrDefault(size => backlog / 2 / size >= FewestBlocks);
        if (size == 0 && inherited is null)
            return null;
        var socket = PacketSocket.Open(inherited, Constants.TPACKET_V3);
        try
        {
            // Whoever made it may have bound it.
            if (inherited is not null)
                socket.Park();
            if (size > 0)
                return new BlockCapture(socket, new RingGeometry(SlotSize, size, (int)Math.Min(backlog / 2 / size, MostBlocks), RetireMilliseconds));
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        socket.Dispose();
        return null;
    }

    /// <inheritdoc cref="PacketSocket.Bind" />
    internal void Bind(int interfaceIndex) => _binding.Bind(interfaceIndex);

    /// <summary>Begins to make the ring, which <see cref="TakeMade"/> then gives. The socket accepts nothing meanwhile.</summary>
    internal void BeginMaking() => _work = KernelWork.Start(TryMake);

    /// <summary>Whether the ring that was being made is there; not when the kernel had no memory for it.</summary>
    internal bool TakeMade()
    {
        Ring = _made;
        return _work.Result;
    }

    /// <summary>Begins to take the socket from its interface; it accepts nothing any more. The ring stays, to be emptied.</summary>
    internal void BeginParking() => _work = KernelWork.Start(() =>
    {
        _binding.Park();
        return true;
    });

    /// <summary>Begins to give the parked socket's empty ring up.</summary>
    internal void BeginDropping()
    {
        var ring = Ring;
        Ring = null;
        _made = null;
        _work = KernelWork.Start(() =>
        {
            ring?.Dispose();
            return true;
        });
    }

    public void Dispose()
    {
        Task.WhenAny(_work).Wait();
        _made?.Dispose();
        Socket.Dispose();
    }

    private bool TryMake()
    {
        BlockRing? ring = null;
        try
        {
            ring = new BlockRing(Socket, _geometry);
            _binding.Use();
            _made = ring;
            return true;
        }
        catch (LinuxException)
        {
            // No memory: the slots do it alone. No interface: it is gone, and the control plane hears of that by itself.
            _binding.Park();
            ring?.Dispose();
            return false;
        }
    }
}
