namespace QmpRedirector.Net;

/// <summary>What a <see cref="Forwarder"/> is made with.</summary>
/// <param name="Name">The redirector's id, for the thread's name.</param>
/// <param name="Direction">Which of the TAP's frames to take.</param>
/// <param name="VnetHeaderSupport">Write the second framing word (QEMU's <c>vnet_hdr_support</c>).</param>
/// <param name="VnetHeaderLength">Bytes of virtio-net header before each frame at first: 0, 10, 12, 20 or 24.</param>
/// <param name="Backlog">Bytes of kernel memory for frames not yet sent, about: a ring has whole blocks, and one slot at least.</param>
/// <param name="HoldWithoutPeer">Keep what is captured while no peer is connected, up to the backlog; else it is dropped.</param>
/// <param name="Recorder">Takes a copy of each frame that was forwarded; null to record nothing.</param>
/// <param name="PacketFds">
/// One to three inherited AF_PACKET SOCK_RAW sockets to capture with, which the forwarder then owns: no capability is needed. With one a
/// short frame takes as much of the backlog as a long one; the third is for a ring of blocks while frames are many. Null: its own.
/// </param>
public sealed record ForwarderOptions(
    string Name,
    CaptureDirection Direction,
    bool VnetHeaderSupport,
    int VnetHeaderLength,
    long Backlog,
    bool HoldWithoutPeer = false,
    FrameRecorder? Recorder = null,
    IReadOnlyList<int>? PacketFds = null)
{
    /// <summary>Chooses between rings of slots and of blocks; null: as is best.</summary>
    internal RingChoice? RingChoice { get; init; }
}
