using System.Buffers.Binary;

namespace QmpRedirector.LabTests;

/// <summary>
/// What the guest itself says it has received: the pcap file its capture writes through a virtio-serial port (scripts/guest/capture.c).
/// Each boot, or each start of the capture, begins it anew in the same file. A guest that migrates goes on in the next file, in the middle
/// of a record perhaps.
/// </summary>
internal sealed class GuestCapture(params string[] paths)
{
    private const int FileHeader = 24;
    private const int RecordHeader = 16;
    private const uint Magic = 0xa1b2c3d4;

    private readonly List<byte[]> _frames = [];
    private long _read;

    /// <summary>All frames so far, oldest first: ten bytes of virtio-net header and the frame.</summary>
    public IReadOnlyList<byte[]> Frames
    {
        get
        {
            using var unread = new MemoryStream();
            var skip = _read;
            foreach (var path in paths)
            {
                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                file.Position = Math.Min(skip, file.Length);
                skip -= file.Position;
                file.CopyTo(unread);
            }

            _read += Take(unread.ToArray());
            return [.. _frames];
        }
    }

    /// <summary>Returns how many bytes were complete records.</summary>
    private int Take(ReadOnlySpan<byte> bytes)
    {
        for (var at = 0; ;)
        {
            var rest = bytes[at..];
            if (rest.Length < FileHeader) return at;
            if (BinaryPrimitives.ReadUInt32LittleEndian(rest) == Magic)
            {
                at += FileHeader;
                continue;
            }

            var length = RecordHeader + BinaryPrimitives.ReadInt32LittleEndian(rest[8..]);
            if (rest.Length < length) return at;
            _frames.Add(rest[RecordHeader..length].ToArray());
            at += length;
        }
    }
}
