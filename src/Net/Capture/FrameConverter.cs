using System.Buffers.Binary;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>
/// Turns a received slot into one frame of the stream, in place: restores the VLAN tag, writes the virtio-net header the consumer
/// expects, and puts the framing in front.
/// </summary>
internal static class FrameConverter
{
    /// <summary>
    /// Null and the bytes to send, or the reason to drop. A slot is <see cref="RingSlot.Headroom"/> bytes, a 10-byte virtio_net_hdr and
    /// the frame; what is sent is framing, <paramref name="vnetHeaderLength"/> bytes of header, and the frame. A super-frame for a
    /// consumer of plain Ethernet stays to be cut: the bytes are then its own, and end where the slot's do. Only then <paramref
    /// name="plan"/> is written.
    /// </summary>
    internal static DropReason? Convert(
        Span<byte> slot, in FrameMetadata metadata, int vnetHeaderLength, bool vnetHeaderSupport, out ReadOnlySpan<byte> bytes,
        ref GsoSegments plan)
    {
        bytes = default;
        if (metadata.Truncated)
            return DropReason.Truncated;
        const int FrameStart = RingSlot.Headroom + VnetHeader.LegacySize;
        var end = RingSlot.Headroom + metadata.Length;
        var start = FrameStart;
        if (end <= start)
            return DropReason.Truncated;
        if (vnetHeaderLength == 0)
        {
            var header = VnetHeader.Read(slot[RingSlot.Headroom..FrameStart]);
            if (RestoreVlanTag(slot[..end], ref start, metadata))
                header = header.AfterVlanInsert();
            if (header.IsGso)
            {
                bytes = slot[start..end];
                if (!GsoSegments.TryPlan(bytes, header, out var segments))
                    return DropReason.BadOffload;
                if (segments.Count > 1)
                {
                    plan = segments;
                    return null;
                }
            }

            if (header.NeedsChecksum && !Checksum.TryFinish(slot[start..end], header))
                return DropReason.BadOffload;
        }
        else if (metadata.HasVlanTag)
        {
            var header = VnetHeader.Read(slot[RingSlot.Headroom..FrameStart]);
            if (RestoreVlanTag(slot[..end], ref start, metadata))
                header = header.AfterVlanInsert();
            header.Write(slot[(start - vnetHeaderLength)..start]);
            start -= vnetHeaderLength;
        }
        else
        {
            // The usual frame: its ten bytes stay as they are.
            start -= vnetHeaderLength;
            var flagsToCsumStart = BinaryPrimitives.ReadUInt64LittleEndian(slot[RingSlot.Headroom..]);
            var csumOffset = BinaryPrimitives.ReadUInt16LittleEndian(slot[(RingSlot.Headroom + sizeof(ulong))..]);
            var header = slot[start..FrameStart];
            BinaryPrimitives.WriteUInt64LittleEndian(header, flagsToCsumStart);
            BinaryPrimitives.WriteUInt16LittleEndian(header[sizeof(ulong)..], csumOffset);
            if (vnetHeaderLength > VnetHeader.LegacySize)
                header[VnetHeader.LegacySize..].Clear();
        }

        var payload = end - start;
        if (payload > FrameLimits.MaxLength)
            return DropReason.Oversize;
        var framing = FramingHeader.Size(vnetHeaderSupport);
        start -= framing;
        FramingHeader.Write(slot.Slice(start, framing), payload, vnetHeaderLength, vnetHeaderSupport);
        bytes = slot[start..end];
        return null;
    }

    private static bool RestoreVlanTag(Span<byte> slot, ref int start, in FrameMetadata metadata)
    {
        if (!metadata.HasVlanTag || slot.Length - start < EthernetAddresses)
            return false;
        start -= VlanTagLength;
        VlanTag.Insert(slot[start..], metadata.VlanTpid, metadata.VlanTci);
        return true;
    }

    /// <summary>Bytes of a segment with its framing.</summary>
    internal static int LengthOf(in GsoSegments segments, int index, bool vnetHeaderSupport) =>
        FramingHeader.Size(vnetHeaderSupport) + segments.Length(index);

    /// <summary>Writes a segment with its framing.</summary>
    internal static void Cut(in GsoSegments segments, int index, ReadOnlySpan<byte> frame, Span<byte> room, bool vnetHeaderSupport)
    {
        var framing = FramingHeader.Size(vnetHeaderSupport);
        FramingHeader.Write(room[..framing], segments.Write(index, frame, room[framing..]), 0, vnetHeaderSupport);
    }

    private const int EthernetAddresses = 12;
    private const int VlanTagLength = 4;
}
