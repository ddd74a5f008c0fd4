using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>
/// What the packet sockets of one kind of ring are bound to: their interface while they are used, otherwise nothing, so that no sender has
/// anything to do for them.
/// </summary>
internal sealed class SocketBinding(IReadOnlyList<PacketSocket> sockets, bool isUsed)
{
    private readonly Lock _binding = new(); // held while the kernel is waited for, so never taken by the data thread
    private int? _interface;
    private bool _isUsed = isUsed;

    /// <inheritdoc cref="PacketSocket.Bind" />
    internal void Bind(int interfaceIndex)
    {
        lock (_binding)
        {
            _interface = interfaceIndex;
            if (_isUsed)
                BindAll(interfaceIndex);
        }
    }

    /// <summary>Binds them to the interface, and to one that <see cref="Bind"/> gives later. Waits for the kernel, some 10 ms for each (synchronize_net).</summary>
    /// <exception cref="LinuxException">ENODEV: it is gone.</exception>
    internal void Use()
    {
        lock (_binding)
        {
            _isUsed = true;
            if (_interface is { } interfaceIndex)
                BindAll(interfaceIndex);
        }
    }

    /// <summary><inheritdoc cref="PacketSocket.Park" path="/summary"/> Waits for the kernel, some 10 ms for each (synchronize_net).</summary>
    internal void Park()
    {
        lock (_binding)
        {
            foreach (var socket in sockets)
                socket.Park();
            _isUsed = false;
        }
    }

    private void BindAll(int interfaceIndex)
    {
        foreach (var socket in sockets)
            socket.Bind(interfaceIndex);
    }
}
