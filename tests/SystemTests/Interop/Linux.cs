namespace QmpRedirector.SystemTests.Interop;

/// <summary>The kernel's numbers, by the header they come from.</summary>
internal static class Linux
{
    // fcntl.h, sched.h, signal.h, poll.h, errno.h
    public const int OpenReadWrite = 0x2;
    public const int OpenNonBlocking = 0x800;
    public const int OpenCloseOnExec = 0x80000;
    public const int CloneNewNet = 0x40000000;
    public const int SigKill = 9;
    public const int SigUsr1 = 10;
    public const int SigTerm = 15;
    public const int SigCont = 18;
    public const int SigStop = 19;
    public const short PollIn = 0x1;
    public const int Eintr = 4;
    public const int Eagain = 11;

    // sys/socket.h, linux/if_packet.h
    public const int AfPacket = 17;
    public const int SockRaw = 3;
    public const int SockCloseOnExec = 0x80000;
    public const int SolPacket = 263;
    public const int PacketVnetHdr = 15;

    // linux/if_tun.h
    public const nuint TunSetIff = 0x400454ca;
    public const nuint TunSetOffload = 0x400454d0;
    public const nuint TunSetVnetHdrSize = 0x400454d8;
    public const ushort IffTap = 0x0002;
    public const ushort IffMultiQueue = 0x0100;
    public const ushort IffNoPi = 0x1000;
    public const ushort IffVnetHdr = 0x4000;

    /// <summary>TUN_F_CSUM, TSO4, TSO6, USO4 and USO6: all a modern guest would have asked for.</summary>
    public const nint TunOffloads = 0x01 | 0x02 | 0x04 | 0x20 | 0x40;
}
