using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace QmpRedirector.SystemTests.Interop;

/// <summary>struct sockaddr_ll (linux/if_packet.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SockAddrLl
{
    public ushort Family;
    public ushort Protocol;
    public int InterfaceIndex;
    public ushort HardwareType;
    public byte PacketType;
    public byte AddressLength;
    public ulong Address;

    /// <summary>Protocol 0: the socket only sends, so the kernel queues nothing to it.</summary>
    public static SockAddrLl ForSending(uint interfaceIndex) => new()
    {
        Family = Linux.AfPacket,
        InterfaceIndex = (int)interfaceIndex,
    };
}
