using System.Buffers.Binary;
using QmpRedirector.Net.Tests;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>A frame as a neighbour's virtio-net device would hand it to the kernel: ten bytes of header and what they describe.</summary>
internal sealed record WirePacket(string Name, byte[] Header, byte[] Frame)
{
    private const byte GsoTcpV6 = 4;
    private const byte GsoEcn = 0x80;
    private const int TcpHeader = 20;
    private const int UdpHeader = 8;

    /// <summary>skb->len must stay below the device's gso_max_size of 65536, or the kernel cuts the frame itself.</summary>
    private const int LongestSuperFrame = 65535;

    private static readonly (byte Protocol, bool Ipv6, string Name)[] _transports =
    [
        (Frames.Udp, false, "UDP/IPv4"), (Frames.Udp, true, "UDP/IPv6"), (Frames.Tcp, false, "TCP/IPv4"), (Frames.Tcp, true, "TCP/IPv6"),
    ];

    /// <summary>What an AF_PACKET socket with PACKET_VNET_HDR takes.</summary>
    public byte[] Bytes => [.. Header, .. Frame];

    /// <summary>
    /// What a twelve-byte TAP's reader must get of it, if nothing on the way cuts or tags it; but for hdr_len (see <see
    /// cref="ByteIdentity"/>).
    /// </summary>
    public byte[] AtTheGuest => [.. Header, 0, 0, .. Frame];

    public static WirePacket Of(SuperFrame super, string name)
    {
        var header = new byte[VnetHeader.Length];
        super.Header.Write(header);
        return new WirePacket(name, header, super.Frame);
    }

    /// <summary>Frames of at most an MTU, finished or not, odd and even, down to no payload.</summary>
    public static IEnumerable<WirePacket> Ordinary() =>
    [
        .. from length in (int[])[Frames.ShortLength, 65, 1513, Frames.FullLength]
           select Finished($"plain {length}", Frames.Numbered(length, length)),
        .. from transport in _transports
           from length in (int[])[0, 1, 100, 1401]
           select Unfinished($"unfinished {transport.Name} with {length} bytes", transport.Protocol, transport.Ipv6, Payload(length)),
    ];

    /// <summary>Super-frames of every type the TAP takes whole, up to the longest there is.</summary>
    public static IEnumerable<WirePacket> SuperFrames() =>
        from transport in _transports
        from length in (int[])[3000, 20_001, LongestSuperFrame - Frames.TransportOffset(transport.Ipv6) - TcpHeader]
        let segment = Math.Max(1000, (length + 99) / 100)
        select Super($"super-frame {transport.Name} with {length} bytes", transport.Protocol, transport.Ipv6, length, segment);

    /// <summary>
    /// With CWR in a TCP super-frame, which this TAP has not asked for (TUN_F_TSO_ECN): the kernel cuts it before anybody sees it.
    /// </summary>
    public static WirePacket SuperFrameWithEcn()
    {
        var packet = Super("super-frame with ECN", Frames.Tcp, ipv6: false, 5000, 1000);
        packet.Header[1] |= GsoEcn;
        packet.Frame[Frames.TransportOffset(ipv6: false) + 13] |= 0x80;
        return packet;
    }

    /// <summary>Longer than 1514: for a TAP with an MTU to match.</summary>
    public static IEnumerable<WirePacket> Jumbo() =>
    [
        Finished("plain 65535", Frames.Numbered(1, 65535)),
        .. from transport in _transports
           let payload = Payload(65535 - Frames.TransportOffset(transport.Ipv6) - TcpHeader)
           select Unfinished($"unfinished {transport.Name} of 64 KiB", transport.Protocol, transport.Ipv6, payload),
    ];

    /// <summary>Frames whose checksum comes to zero, which must be sent as ones (RFC 768), by the kernel for TCP too.</summary>
    public static IEnumerable<WirePacket> WithChecksumOfZero() => _transports.Select(transport =>
    {
        var packet = Unfinished($"{transport.Name} with checksum zero", transport.Protocol, transport.Ipv6, Payload(64));
        var segment = packet.Frame.AsSpan(Frames.TransportOffset(transport.Ipv6));

        // What is missing to a sum of ones goes where two bytes of payload were.
        var field = segment[^2..];
        field.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(field, (ushort)(0xffff - InternetChecksum.Sum(segment)));
        return packet;
    });

    /// <summary>The same frame with a tag in its bytes.</summary>
    public WirePacket Tagged(ushort tpid, ushort tci)
    {
        byte[] header = [.. Header];
        var start = header.AsSpan(6);
        if (header[0] != 0) BinaryPrimitives.WriteUInt16LittleEndian(start, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(start) + 4));
        return new WirePacket(
            $"{Name}, tagged {tpid:x4}",
            header,
            [.. Frame[..12], (byte)(tpid >> 8), (byte)tpid, (byte)(tci >> 8), (byte)tci, .. Frame[12..]]);
    }

    public override string ToString() => Name;

    private static WirePacket Finished(string name, byte[] frame) => new(name, new byte[VnetHeader.Length], frame);

    private static WirePacket Unfinished(string name, byte protocol, bool ipv6, byte[] payload) => new(
        name,
        VnetHeader.Unfinished(Frames.TransportOffset(ipv6), Frames.ChecksumOffset(protocol)),
        Frames.Build(protocol, payload, ipv6, unfinished: true));

    private static WirePacket Super(string name, byte protocol, bool ipv6, int length, int segment)
    {
        var transport = Frames.TransportOffset(ipv6);
        var type = protocol == Frames.Udp ? VnetHeader.GsoUdp : ipv6 ? GsoTcpV6 : VnetHeader.GsoTcpV4;
        var headers = transport + (protocol == Frames.Udp ? UdpHeader : TcpHeader);
        return new WirePacket(
            name,
            VnetHeader.Unfinished(transport, Frames.ChecksumOffset(protocol), type, segment, headers),
            Frames.Build(protocol, Payload(length), ipv6, unfinished: true));
    }

    private static byte[] Payload(int length)
    {
        var payload = new byte[length];
        for (var i = 0; i < length; i++) payload[i] = (byte)((i * 7) + (i >> 8));
        return payload;
    }
}
