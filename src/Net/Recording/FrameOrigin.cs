using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>What a recording says of a frame beside its bytes. It is kept small: it stands before each frame of a ring.</summary>
/// <param name="TimestampNanoseconds">CLOCK_REALTIME nanoseconds at which it passed the TAP.</param>
/// <param name="InterfaceIndex">The TAP.</param>
/// <param name="VnetHeaderLength">Bytes of virtio-net header it is sent with.</param>
/// <param name="IsTowardsGuest">Which way it passed the TAP.</param>
internal readonly record struct FrameOrigin(long TimestampNanoseconds, int InterfaceIndex, byte VnetHeaderLength, bool IsTowardsGuest)
{
    internal PcapngDirection Direction => IsTowardsGuest ? PcapngDirection.Outbound : PcapngDirection.Inbound;

    internal static FrameOrigin Of(in FrameMetadata metadata, int vnetHeaderLength) =>
        new(metadata.TimestampNanoseconds, metadata.InterfaceIndex, (byte)vnetHeaderLength, metadata.IsTowardsGuest);
}
