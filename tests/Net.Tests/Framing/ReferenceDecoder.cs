using System.Buffers.Binary;

namespace QmpRedirector.Net.Tests;

/// <summary>
/// The slow and obvious decoder: the whole stream at once, every frame copied. What <see cref="FrameReader"/> is compared with.
/// </summary>
internal static class ReferenceDecoder
{
    /// <summary>All frames, then how it ended: the offset of a bad length, or the bytes left over.</summary>
    public static (List<(byte[] Payload, uint VnetHdrLen)> Frames, long? BadLengthAt, int LeftOver) Decode(
        ReadOnlySpan<byte> stream, bool vnetHdrSupport)
    {
        var frames = new List<(byte[], uint)>();
        var header = vnetHdrSupport ? 8 : 4;
        var position = 0;
        while (stream.Length - position >= 4)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(stream[position..]);
            if (length is 0 or > 69632)
                return (frames, position, 0);
            if (stream.Length - position < header + length)
                break;
            var vnetHdrLen = vnetHdrSupport ? BinaryPrimitives.ReadUInt32BigEndian(stream[(position + 4)..]) : 0;
            frames.Add((stream.Slice(position + header, (int)length).ToArray(), vnetHdrLen));
            position += header + (int)length;
        }

        return (frames, null, stream.Length - position);
    }
}
