using System.Globalization;

namespace QmpRedirector.Net;

/// <summary>The comment that keeps a virtio-net header pcapng has no field for, where the frame cannot be understood without it.</summary>
internal static class VnetComment
{
    /// <summary>Bytes that are always enough.</summary>
    internal const int MaxLength = 128;

    /// <summary>
    /// Writes <c>vnet_hdr_len=12 flags=1 gso_type=1 ...</c> when the frame's checksum is unfinished or it is a GSO frame, else nothing.
    /// </summary>
    /// <returns>The bytes written.</returns>
    internal static int Write(Span<byte> destination, ReadOnlySpan<byte> vnetHeader)
    {
        if (vnetHeader.Length < VnetHeader.LegacySize)
            return 0;
        var header = VnetHeader.Read(vnetHeader);
        if (!header.NeedsChecksum && !header.IsGso)
            return 0;
        var rest = destination;
        Append(ref rest, "vnet_hdr_len="u8, vnetHeader.Length);
        Append(ref rest, " flags="u8, header.Flags);
        Append(ref rest, " gso_type="u8, header.GsoType);
        Append(ref rest, " hdr_len="u8, header.HdrLen);
        Append(ref rest, " gso_size="u8, header.GsoSize);
        Append(ref rest, " csum_start="u8, header.CsumStart);
        Append(ref rest, " csum_offset="u8, header.CsumOffset);
        return destination.Length - rest.Length;
    }

    private static void Append(ref Span<byte> rest, ReadOnlySpan<byte> name, int value)
    {
        name.CopyTo(rest);
        rest = rest[name.Length..];
        value.TryFormat(rest, out var written, default, CultureInfo.InvariantCulture);
        rest = rest[written..];
    }
}
