using System.Collections.Immutable;

namespace QmpRedirector.Net;

/// <summary>
/// A forwarder's account at one moment, taken between two frames. Frames are counted from the kernel filter on: what it rejects
/// (disarmed, other direction) is not seen.
/// </summary>
public sealed record ForwarderSnapshot
{
    /// <summary>Frames that passed the kernel filter (tp_packets).</summary>
    public required long KernelSeen { get; init; }

    /// <summary>Of those, frames that found the backlog full (tp_drops): the newest are dropped.</summary>
    public required long KernelDropped { get; init; }

    /// <summary>Frames read from the kernel.</summary>
    public required long Taken { get; init; }

    /// <summary>Of those, what the host sent towards the guest.</summary>
    public required PacketCount TowardsGuest { get; init; }

    /// <summary>Of those, what came from the guest.</summary>
    public required PacketCount FromGuest { get; init; }

    /// <summary>Frames the peer's socket took whole.</summary>
    public required long Forwarded { get; init; }

    /// <summary>
    /// Bytes of those frames, and of <see cref="ExtraSegments"/>, with their vnet headers, without the framing: what QEMU's statistics
    /// call bytes.
    /// </summary>
    public required long ForwardedBytes { get; init; }

    /// <summary>
    /// Segments of super-frames that the peer's socket took whole, but for the last of each, with which the super-frame counts as
    /// forwarded: with <see cref="Forwarded"/> together the frames in the stream.
    /// </summary>
    public required long ExtraSegments { get; init; }

    /// <summary>Bytes the peers' sockets took in all.</summary>
    public required long WrittenBytes { get; init; }

    /// <summary>Of those, bytes of frames left unfinished where a connection ended or not yet finished.</summary>
    public required long PartialBytes { get; init; }

    /// <summary>Frames dropped, by <see cref="DropReason"/> in its order.</summary>
    public required ImmutableArray<long> Dropped { get; init; }

    /// <summary>Frames read and not yet written whole.</summary>
    public required int InHand { get; init; }

    /// <summary>Frames found in the rings, not yet read, and the bytes of their slots.</summary>
    public required PacketCount Waiting { get; init; }

    /// <summary>
    /// Frames sent although stamped after the event that ended the capture: they had gone out before the event arrived, one of them
    /// perhaps only in part. Part of <see cref="Forwarded"/>.
    /// </summary>
    public required long Late { get; init; }

    /// <summary>How often an identity of the account did not hold. Anything but 0 is a defect of this program.</summary>
    public required long IdentitiesBroken { get; init; }

    /// <summary>
    /// How often a ring was made again because a frame from the guest had stopped it; what came until then is in
    /// <see cref="KernelDropped"/>.
    /// </summary>
    public required long RingsRemade { get; init; }

    /// <summary>How often the capture has changed between rings of slots and of blocks, either way.</summary>
    public required long HandOvers { get; init; }

    /// <summary>Bytes of framing per forwarded frame: 4, or 8 with vnet_hdr_support.</summary>
    public required int FramingBytes { get; init; }

    /// <summary>A peer is connected.</summary>
    public required bool PeerConnected { get; init; }

    /// <summary>
    /// Frames the kernel still holds, as the rest of the account leaves them: in a ring, or counted and on its way into its slot.
    /// </summary>
    public long InKernel => KernelSeen - KernelDropped - Taken;

    /// <summary>
    /// True when the rings hold as many frames as the kernel's count and ours say. While frames come it may not be: one is counted before
    /// it is in its slot, and the rings are looked at after the count.
    /// </summary>
    public bool IsSettled => InKernel == Waiting.Packets;

    /// <summary>Every frame dropped after it was taken.</summary>
    public long DroppedTotal => Dropped.Sum();

    /// <summary>True when every frame and every byte is accounted for; of those in the kernel <see cref="IsSettled"/> tells.</summary>
    public bool IsBalanced =>
        InKernel >= 0
        && Taken == Forwarded + DroppedTotal + InHand
        && WrittenBytes == ForwardedBytes + ((Forwarded + ExtraSegments) * FramingBytes) + PartialBytes;
}
