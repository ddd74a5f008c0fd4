namespace QmpRedirector.Net;

/// <summary>What a <see cref="Forwarder"/> is made with.</summary>
/// <param name="Name">The redirector's id, for the thread's name.</param>
/// <param name="Direction">Which of the TAP's frames to take.</param>
/// <param name="VnetHeaderSupport">Write the second framing word (QEMU's <c>vnet_hdr_support</c>).</param>
/// <param name="VnetHeaderLength">Bytes of virtio-net header before each frame at first: 0, 10, 12, 20 or 24.</param>
/// <param name="Backlog">Bytes of kernel memory for frames not yet sent, as the kernel charges them.</param>
/// <param name="Recorder">Takes a copy of each frame that was forwarded; null to record nothing.</param>
public sealed record ForwarderOptions(
    string Name, CaptureDirection Direction, bool VnetHeaderSupport, int VnetHeaderLength, long Backlog, FrameRecorder? Recorder = null);
