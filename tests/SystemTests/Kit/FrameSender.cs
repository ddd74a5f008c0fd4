using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using QmpRedirector.SystemTests.Interop;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>
/// Sends frames towards a TAP's guest through an AF_PACKET socket; to every other packet socket on the TAP they are PACKET_OUTGOING.
/// The count is the generator's own, independent of everything the sidecar says.
/// </summary>
internal sealed class FrameSender : IDisposable
{
    private readonly SafeFileHandle _socket;
    private readonly string _ifname;
    private long _sent;

    private FrameSender(SafeFileHandle socket, string ifname)
    {
        _socket = socket;
        _ifname = ifname;
    }

    public long Sent => Interlocked.Read(ref _sent);

    /// <param name="vnetHeader">Each packet given to <see cref="Send"/> starts with a virtio-net header of ten bytes
    /// (PACKET_VNET_HDR).</param>
    public static FrameSender Open(NetworkNamespace ns, string ifname, bool vnetHeader = false) => ns.Run(() =>
    {
        var socket = LibC.Check(LibC.Socket(Linux.AfPacket, Linux.SockRaw | Linux.SockCloseOnExec, 0), "socket(AF_PACKET)");
        var address = SockAddrLl.ForSending(LibC.InterfaceIndex(ifname));
        LibC.Check(LibC.Bind(socket, ref address, Marshal.SizeOf<SockAddrLl>()), $"bind to {ifname}");
        var value = vnetHeader ? 1 : 0;
        LibC.Check(LibC.SetSocketOption(socket, Linux.SolPacket, Linux.PacketVnetHdr, ref value, sizeof(int)), "PACKET_VNET_HDR");
        return new FrameSender(socket, ifname);
    });

    public void Send(ReadOnlySpan<byte> packet)
    {
        while (LibC.Write(_socket, packet, packet.Length) != packet.Length)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error != Linux.Eintr) Assert.Fail($"send to {_ifname}: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        Interlocked.Increment(ref _sent);
    }

    /// <summary>Sends the frames numbered from <paramref name="first"/> on.</summary>
    public void SendNumbered(int first, int count, int length = Frames.ShortLength)
    {
        for (var number = first; number < first + count; number++) Send(Frames.Numbered(number, length));
    }

    public void Dispose() => _socket.Dispose();
}
