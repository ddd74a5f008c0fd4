using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace QmpRedirector.Net;

/// <summary>The Internet checksum (RFC 1071): the ones' complement of the ones' complement sum of big-endian 16-bit words.</summary>
public static class Checksum
{
    /// <summary>
    /// The ones' complement sum of <paramref name="data"/>, not complemented; an odd last byte counts as if a zero followed.
    /// </summary>
    /// <returns>The sum as a number: written big endian it stands in network order.</returns>
    public static ushort Sum(ReadOnlySpan<byte> data)
    {
        // The sum does not depend on the byte order the words are read in, but for the order of its own two bytes (RFC 1071 2(B)),
        // so words of 32 bits are read as they lie. 64 bits take 2^32 of them without an overflow.
        ulong sum = 0;

        // Two adds, a shift and no carries: all of a lane's 64-bit words modulo 2^64 and their upper halves tell the lower halves' sum.
        // Vector<T> is as wide as the build's instruction set: 16 bytes natively compiled by default, 32 with AVX2.
        if (BitConverter.IsLittleEndian && data.Length >= 2 * Vector<byte>.Count)
        {
            var all = Vector<ulong>.Zero;
            var upper = Vector<ulong>.Zero;
            foreach (var words in MemoryMarshal.Cast<byte, Vector<ulong>>(data))
            {
                all += words;
                upper += words >>> 32;
            }

            var high = Vector.Sum(upper);
            sum = Vector.Sum(all) - (high << 32) + high;
            data = data[(data.Length & -Vector<byte>.Count)..];
        }

        while (data.Length >= 8)
        {
            var words = BinaryPrimitives.ReadUInt64LittleEndian(data);
            sum += (words & uint.MaxValue) + (words >> 32);
            data = data[8..];
        }

        if (data.Length >= 4)
        {
            sum += BinaryPrimitives.ReadUInt32LittleEndian(data);
            data = data[4..];
        }

        if (data.Length >= 2)
        {
            sum += BinaryPrimitives.ReadUInt16LittleEndian(data);
            data = data[2..];
        }

        if (data.Length == 1)
            sum += data[0];
        return BinaryPrimitives.ReverseEndianness(Fold(sum));
    }

    /// <summary>The sum of two sums, as if their data followed one another; the first must be of an even number of bytes.</summary>
    public static ushort Add(ushort sum, ushort other) => Fold((ulong)sum + other);

    /// <summary>
    /// Finishes the checksum of a frame whose field holds the sum of the pseudo-header (CHECKSUM_PARTIAL), as skb_checksum_help does.
    /// </summary>
    /// <remarks>
    /// Sums from csum_start to the end of the frame, padding included, as the kernel does, and writes the complement at csum_start +
    /// csum_offset; a result of zero is written as 0xffff for every protocol (<c>csum_fold(csum) ?: CSUM_MANGLED_0</c>, net/core/dev.c),
    /// since UDP reads zero as "no checksum" (RFC 768). A GSO super-frame gets the checksum of the super-frame, which its segments do not
    /// share.
    /// </remarks>
    /// <param name="frame">The Ethernet frame, without its virtio-net header.</param>
    /// <param name="header">The frame's header; without <see cref="VnetHeader.NeedsChecksum"/> there is nothing to do.</param>
    /// <returns>False, and the frame untouched, when the header points outside the frame.</returns>
    public static bool TryFinish(Span<byte> frame, in VnetHeader header)
    {
        if (!header.NeedsChecksum)
            return true;
        var field = header.CsumStart + header.CsumOffset;
        if (field + sizeof(ushort) > frame.Length)
            return false;
        var checksum = (ushort)~Sum(frame[header.CsumStart..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame[field..], checksum == 0 ? ushort.MaxValue : checksum);
        return true;
    }

    /// <summary>Many sums added up as plain numbers, as one.</summary>
    internal static ushort Fold(ulong sum)
    {
        sum = (sum & uint.MaxValue) + (sum >> 32);
        sum = (sum & uint.MaxValue) + (sum >> 32);
        sum = (sum & ushort.MaxValue) + (sum >> 16);
        sum = (sum & ushort.MaxValue) + (sum >> 16);
        return (ushort)((sum & ushort.MaxValue) + (sum >> 16));
    }
}
