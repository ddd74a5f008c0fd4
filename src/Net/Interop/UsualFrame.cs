namespace QmpRedirector.Net.Interop;

/// <summary>
/// What <see cref="SendBatch.QueueUsual"/> takes: nearly every frame, and those a consumer gets as they are but for the headers in front.
/// One that has its VLAN tag beside it, that lacks a part, that is to be cut or to have its checksum finished is for the
/// <see cref="FrameConverter"/>.
/// </summary>
/// <param name="From">Stamped at this time or later, CLOCK_REALTIME nanoseconds.</param>
/// <param name="Until">Stamped at this time or earlier.</param>
/// <param name="VnetHeaderLength">Bytes of virtio-net header the consumer gets: 0, or 10 and more.</param>
/// <param name="VnetHeaderSupport">Whether the framing says so.</param>
internal readonly record struct UsualFrame(long From, long Until, int VnetHeaderLength, bool VnetHeaderSupport)
{
    /// <summary>The longest frame that is within <see cref="FrameLimits.MaxLength"/> with its header.</summary>
    internal int Longest => FrameLimits.MaxLength - VnetHeaderLength;
}
