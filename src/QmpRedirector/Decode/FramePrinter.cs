using QmpRedirector.Net;

namespace QmpRedirector.Decode;

/// <summary>Puts each frame out: as a line of text, and into a capture file if there is one.</summary>
/// <param name="settings">Say where the virtio-net header ends.</param>
/// <param name="lines">Takes the lines; null writes none.</param>
/// <param name="capture">The capture file, or null.</param>
internal sealed class FramePrinter(DecodeSettings settings, TextWriter? lines, PcapngWriter? capture)
{
    private readonly int _interface =
        capture?.AddInterface(new PcapngInterface("chardev", "frames off a QEMU filter-redirector or filter-mirror chardev")) ?? 0;

    public long Frames { get; private set; }

    /// <summary>Bytes of payload: virtio-net headers and Ethernet frames.</summary>
    public long Bytes { get; private set; }

    public void Print(in ReceivedFrame received, DateTimeOffset now)
    {
        Frames++;
        Bytes += received.Payload.Length;
        var payload = received.Payload.Span;
        var vnetHdrLen = settings.VnetHdrLenOf(received);
        var isShort = vnetHdrLen > payload.Length;
        var vnetHeader = payload[..(int)Math.Min(vnetHdrLen, payload.Length)];
        var frame = payload[vnetHeader.Length..];
        lines?.WriteLine(Line(received, now, vnetHeader, isShort ? "[|vnet]" : Summary(vnetHeader, frame), frame.Length));
        capture?.WriteFrame(_interface, Nanoseconds(now), frame, vnetHeader: vnetHeader);
    }

    /// <summary>Ends the capture file with its statistics.</summary>
    public void Finish(DateTimeOffset now) =>
        capture?.WriteStatistics(_interface, new PcapngStatistics { Timestamp = Nanoseconds(now), Received = Frames, Dropped = 0 });

    private string Line(in ReceivedFrame received, DateTimeOffset now, ReadOnlySpan<byte> vnetHeader, string summary, int length)
    {
        var vnet = vnetHeader.IsEmpty ? "" : VnetText.Brief(vnetHeader) + " ";
        var announced = settings.VnetHdrSupport && received.AnnouncedVnetHdrLen != vnetHeader.Length
            ? $"[{received.AnnouncedVnetHdrLen} announced] "
            : "";
        return $"{Frames} {now:HH:mm:ss.ffffff} {vnet}{announced}{summary} (frame length {length})";
    }

    // A checksum still to be finished is not a bad one, and a super-frame's says nothing of its segments.
    private static string Summary(ReadOnlySpan<byte> vnetHeader, ReadOnlySpan<byte> frame)
    {
        var header = vnetHeader.Length >= VnetHeader.LegacySize ? VnetHeader.Read(vnetHeader) : default;
        return PacketSummary.Format(frame, verifyChecksums: header.Flags == 0 && !header.IsGso);
    }

    private static long Nanoseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * 100;
}
