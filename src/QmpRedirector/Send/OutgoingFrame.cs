using QmpRedirector.Net;

namespace QmpRedirector.Send;

/// <summary>Puts a captured frame into the chardev's framing, in a buffer that is used again.</summary>
internal sealed class OutgoingFrame(SendSettings settings)
{
    private readonly byte[] _bytes = new byte[FramingHeader.MaxSize + FrameLimits.MaxLength];
    private readonly int _headers = FramingHeader.Size(settings.VnetHdrSupport) + settings.VnetHdrLen;

    /// <summary>Why this packet cannot be sent; null if it can.</summary>
    public SkipReason? Refuses(in PcapFrame frame) => frame switch
    {
        { IsTruncated: true } => SkipReason.Truncated,
        { Bytes.Length: 0 } => SkipReason.Empty,
        { Bytes.Length: var length } when length > FrameLimits.MaxLength - settings.VnetHdrLen => SkipReason.Oversize,
        _ => null,
    };

    /// <summary>Bytes of virtio-net header and frame.</summary>
    public int PayloadLength(in PcapFrame frame) => settings.VnetHdrLen + frame.Bytes.Length;

    /// <summary>The frame as it goes out, good until the next call.</summary>
    public ReadOnlyMemory<byte> Build(in PcapFrame frame)
    {
        // The virtio-net header's bytes were never anything but zero.
        FramingHeader.Write(_bytes, PayloadLength(frame), settings.VnetHdrLen, settings.VnetHdrSupport);
        frame.Bytes.CopyTo(_bytes.AsMemory(_headers));
        return _bytes.AsMemory(0, _headers + frame.Bytes.Length);
    }
}
