using System.Buffers.Binary;
using QmpRedirector.Net;

namespace QmpRedirector.Tests.Send;

/// <summary>Capture files for the sender.</summary>
internal static class CaptureFiles
{
    private const int Millisecond = 1_000_000;

    public static byte[] Frame(int number, int length = 60)
    {
        var frame = new byte[length];
        BinaryPrimitives.WriteInt32BigEndian(frame, number);
        return frame;
    }

    /// <summary>A pcapng file of frames, each at so many milliseconds.</summary>
    public static byte[] Pcapng(params (byte[] Frame, int Milliseconds)[] frames)
    {
        using MemoryStream stream = new();
        PcapngWriter writer = new(stream, new PcapngSection(null, null, null));
        var source = writer.AddInterface(new PcapngInterface("tap0", null));
        foreach (var (frame, milliseconds) in frames)
            writer.WriteFrame(source, 1_775_000_000_000_000_000 + (long)milliseconds * Millisecond, frame);
        return stream.ToArray();
    }

    public static byte[] Pcapng(IEnumerable<byte[]> frames) => Pcapng([.. frames.Select(static frame => (frame, 0))]);

    /// <summary>A pcap file in which each frame was so long before its snapshot length cut it.</summary>
    public static byte[] Pcap(params (byte[] Frame, int Length)[] frames)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        foreach (var word in (uint[])[0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1])
            writer.Write(word);
        foreach (var (frame, length) in frames)
        {
            foreach (var word in (int[])[0, 0, frame.Length, length])
                writer.Write(word);
            writer.Write(frame);
        }

        return stream.ToArray();
    }
}
