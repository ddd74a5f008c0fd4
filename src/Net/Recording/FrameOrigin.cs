using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>What a recording says of a frame beside its bytes.</summary>
/// <param name="TimestampNanoseconds">CLOCK_REALTIME nanoseconds at which it passed the TAP.</param>
/// <param name="VnetHeaderLength">Bytes of virtio-net header it is sent with.</param>
/// <param name="Direction">Which way it passed the TAP.</param>
internal readonly record struct FrameOrigin(long TimestampNanoseconds, int VnetHeaderLength, PcapngDirection Direction)
{
    internal static FrameOrigin Of(in FrameMetadata metadata, CaptureDirection capture, int vnetHeaderLength)
    {
        var towardsGuest = capture == CaptureDirection.TowardsGuest || (capture == CaptureDirection.All && metadata.Outgoing);
        return new FrameOrigin(
            metadata.TimestampNanoseconds, vnetHeaderLength, towardsGuest ? PcapngDirection.Outbound : PcapngDirection.Inbound);
    }
}
