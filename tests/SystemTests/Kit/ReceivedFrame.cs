namespace QmpRedirector.SystemTests.Kit;

/// <summary>
/// One frame off a chardev: its payload (virtio-net header, if any, and Ethernet frame) and the second length word, if the stream has
/// one.
/// </summary>
internal sealed record ReceivedFrame(byte[] Payload, uint? AnnouncedVnetHeader);
