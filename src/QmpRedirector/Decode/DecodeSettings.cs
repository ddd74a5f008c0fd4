using QmpRedirector.Net;

namespace QmpRedirector.Decode;

/// <summary>What the command line of <c>decode</c> says of the stream; the stream itself cannot be asked.</summary>
internal sealed record DecodeSettings
{
    /// <summary>Each frame's length is followed by a vnet_hdr_len.</summary>
    public bool VnetHdrSupport { get; init; }

    /// <summary>
    /// Bytes of virtio-net header in front of each frame; null takes the announced vnet_hdr_len, and 0 where none is announced.
    /// </summary>
    public int? VnetHdrLen { get; init; }

    /// <summary>A pcapng file to write, "-" for standard output, which then carries no text.</summary>
    public string? WriteFile { get; init; }

    /// <summary>Ends after this many frames.</summary>
    public long? Count { get; init; }

    /// <summary>Bytes of virtio-net header a frame is taken to carry; as announced it may be more than the frame.</summary>
    public long VnetHdrLenOf(in ReceivedFrame frame) => VnetHdrLen ?? (long)frame.AnnouncedVnetHdrLen;
}
