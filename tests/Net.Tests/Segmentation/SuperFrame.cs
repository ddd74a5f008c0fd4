using System.Buffers.Binary;

namespace QmpRedirector.Net.Tests;

/// <summary>
/// A super-frame by its parts, and the frames that must come of it: each is built as a packet of its own, from the RFCs and with nothing
/// taken over from the super-frame's bytes. Slow and plain, so that it witnesses for the code under test.
/// </summary>
internal sealed record SuperFrame
{
    public (ushort Tpid, ushort Tci)[] Tags { get; init; } = [];

    public bool Ip6 { get; init; }

    public bool Tcp { get; init; } = true;

    /// <summary>IPv4: options, in whole words.</summary>
    public byte[] IpOptions { get; init; } = [];

    /// <summary>IPv6: extension headers, each a type and what follows its first two bytes (6, 14, 22 ... bytes).</summary>
    public (byte Type, byte[] Body)[] Extensions { get; init; } = [];

    public ushort Id { get; init; }

    /// <summary>IPv4: the word with DF in it.</summary>
    public ushort Fragment { get; init; } = 0x4000;

    /// <summary>Type of service, or traffic class: the ECN bits are its last two.</summary>
    public byte Tos { get; init; }

    public uint Sequence { get; init; } = 1000;

    /// <summary>CWR, ECE, URG, ACK, PSH, RST, SYN, FIN.</summary>
    public byte Flags { get; init; } = 0x10;

    /// <summary>In whole words.</summary>
    public byte[] TcpOptions { get; init; } = [];

    public byte[] Payload { get; init; } = [];

    public int Mss { get; init; } = 1448;

    /// <summary>The sender leaves the checksum to the device; else there is a right one.</summary>
    public bool Unfinished { get; init; } = true;

    public int Network => 14 + (4 * Tags.Length);

    public int Transport => Network + (Ip6 ? 40 + Extensions.Sum(extension => 2 + extension.Body.Length) : 20 + IpOptions.Length);

    public int Headers => Transport + (Tcp ? 20 + TcpOptions.Length : 8);

    public int ChecksumAt => Transport + (Tcp ? 16 : 6);

    public byte[] Frame => Packet(Payload, Sequence, Id, Flags, finished: !Unfinished, zeroAsOnes: true);

    public byte GsoType => Tcp ? Ip6 ? VnetHeader.GsoTcpV6 : VnetHeader.GsoTcpV4 : VnetHeader.GsoUdpL4;

    public VnetHeader Header => new(
        Unfinished ? VnetHeader.NeedsChecksumFlag : (byte)0,
        (byte)(GsoType | (Tcp && (Flags & 0x80) != 0 ? VnetHeader.GsoEcn : 0)),
        HdrLen: 0,
        (ushort)Mss,
        (ushort)(Unfinished ? Transport : 0),
        (ushort)(Unfinished ? ChecksumAt - Transport : 0));

    public IEnumerable<byte[]> Segments()
    {
        if (Payload.Length <= Mss)
            return [Packet(Payload, Sequence, Id, Flags, finished: true, zeroAsOnes: true)];
        var parts = Payload.Chunk(Mss).ToList();
        return parts.Select((part, i) =>
        {
            var flags = (int)Flags;
            if (i > 0) flags &= ~0x80;
            if (i < parts.Count - 1) flags &= ~0x09;
            return Packet(part, Sequence + (uint)(i * Mss), (ushort)(Id + i), (byte)flags, finished: true, zeroAsOnes: !Tcp);
        });
    }

    /// <summary>RFC 1071: what a right checksum covers sums up to all ones.</summary>
    public bool ChecksumsAreRight(byte[] segment)
    {
        var transport = segment.AsSpan(Transport);
        return TestFrames.InternetChecksum([.. PseudoHeader(transport.Length), .. transport]) == 0
            && (Ip6 || TestFrames.InternetChecksum(segment.AsSpan(Network..Transport)) == 0);
    }

    private byte[] Packet(byte[] payload, uint sequence, ushort id, byte flags, bool finished, bool zeroAsOnes)
    {
        byte[] transport = Tcp
            ?
            [
                .. TestFrames.U16(1234), .. TestFrames.U16(7777), .. TestFrames.U32(sequence), .. TestFrames.U32(2000),
                (byte)((20 + TcpOptions.Length) / 4 << 4), flags, .. TestFrames.U16(512), 0, 0, .. TestFrames.U16(5), .. TcpOptions,
                .. payload,
            ]
            : [.. TestFrames.U16(1234), .. TestFrames.U16(7777), .. TestFrames.U16(8 + payload.Length), 0, 0, .. payload];
        var pseudo = PseudoHeader(transport.Length);
        var checksum = finished ? TestFrames.InternetChecksum([.. pseudo, .. transport]) : (ushort)~TestFrames.InternetChecksum(pseudo);
        if (finished && checksum == 0 && zeroAsOnes) checksum = 0xffff;
        BinaryPrimitives.WriteUInt16BigEndian(transport.AsSpan(ChecksumAt - Transport), checksum);
        return
        [
            .. TestFrames.Guest, .. TestFrames.Host, .. Tags.SelectMany(tag => TestFrames.U16(tag.Tpid).Concat(TestFrames.U16(tag.Tci))),
            .. TestFrames.U16(Ip6 ? 0x86dd : 0x0800), .. Ip6 ? Ip6Header(transport.Length) : Ip4Header(transport.Length, id), .. transport,
        ];
    }

    private byte[] Ip4Header(int payload, ushort id)
    {
        byte[] header =
        [
            (byte)(0x40 | (5 + (IpOptions.Length / 4))), Tos, .. TestFrames.U16(20 + IpOptions.Length + payload), .. TestFrames.U16(id),
            .. TestFrames.U16(Fragment), 64, (byte)(Tcp ? 6 : 17), 0, 0, .. TestFrames.Source, .. TestFrames.Destination, .. IpOptions,
        ];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(10), TestFrames.InternetChecksum(header));
        return header;
    }

    private byte[] Ip6Header(int payload)
    {
        byte[] types = [.. Extensions.Select(extension => extension.Type), (byte)(Tcp ? 6 : 17)];
        byte[] chain = [.. Extensions.SelectMany((one, i) => (byte[])[types[i + 1], (byte)((one.Body.Length + 2) / 8 - 1), .. one.Body])];
        return
        [
            (byte)(0x60 | Tos >> 4), (byte)(Tos << 4), 0, 0, .. TestFrames.U16(chain.Length + payload), types[0], 64,
            .. TestFrames.Source6, .. TestFrames.Destination6, .. chain,
        ];
    }

    private byte[] PseudoHeader(int length) => Ip6
        ? [.. TestFrames.Source6, .. TestFrames.Destination6, .. TestFrames.U32((uint)length), 0, 0, 0, (byte)(Tcp ? 6 : 17)]
        : [.. TestFrames.Source, .. TestFrames.Destination, 0, (byte)(Tcp ? 6 : 17), .. TestFrames.U16(length)];
}
