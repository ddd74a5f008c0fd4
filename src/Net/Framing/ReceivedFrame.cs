namespace QmpRedirector.Net;

/// <summary>One whole frame off a chardev.</summary>
/// <param name="Payload">
/// The virtio-net header (if any) and the Ethernet frame. It lies in the reader's buffer: good until the next
/// <see cref="FrameReader.GetMemory"/>.
/// </param>
/// <param name="AnnouncedVnetHdrLen">
/// vnet_hdr_len as it came, 0 without vnet_hdr_support. It is the sender's word, checked by nobody: it may be more than the payload.
/// </param>
/// <param name="Offset">Where in the stream the frame's length stands, in bytes from the beginning.</param>
public readonly record struct ReceivedFrame(ReadOnlyMemory<byte> Payload, uint AnnouncedVnetHdrLen, long Offset);
