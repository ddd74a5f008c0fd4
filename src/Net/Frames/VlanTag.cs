using System.Buffers.Binary;

namespace QmpRedirector.Net;

/// <summary>
/// The IEEE 802.1Q tag, which AF_PACKET delivers beside the frame (<c>struct tpacket2_hdr</c>, linux/if_packet.h), not in it.
/// </summary>
public static class VlanTag
{
    /// <summary>Bytes of a tag: u16 TPID, u16 TCI, both big endian.</summary>
    public const int Size = 4;

    /// <summary>The TPID to assume when the kernel gives none (no TP_STATUS_VLAN_TPID_VALID): 802.1Q.</summary>
    public const ushort DefaultTpid = 0x8100;

    private const int MacBytes = 12;

    /// <summary>Puts the tag back where it was: after the two MAC addresses.</summary>
    /// <param name="room">Four free bytes followed by the frame; afterwards the tagged frame, all of it.</param>
    /// <param name="tpid">0x8100 (802.1Q), 0x88a8 (802.1ad).</param>
    /// <param name="tci">Priority (3 bits), DEI (1), VLAN id (12).</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="room"/> cannot hold the tag and two MAC addresses.</exception>
    public static void Insert(Span<byte> room, ushort tpid, ushort tci)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(room.Length, Size + MacBytes, nameof(room));
        room.Slice(Size, MacBytes).CopyTo(room);
        BinaryPrimitives.WriteUInt16BigEndian(room[MacBytes..], tpid);
        BinaryPrimitives.WriteUInt16BigEndian(room[(MacBytes + 2)..], tci);
    }
}
