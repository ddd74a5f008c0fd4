using System.Buffers.Binary;
using QmpRedirector.Net;

namespace QmpRedirector.Decode;

/// <summary>Guesses, from frames that make no sense as they are read, which option would make them make sense.</summary>
/// <remarks>
/// Frames are looked at until one makes sense or a hint was given: there is one hint at the most, and a bad length has its own.
/// </remarks>
internal sealed class StreamHints(DecodeSettings settings)
{
    private static readonly int[] _headerSizes =
        [0, VnetHeader.LegacySize, VnetHeader.MergeableSize, VnetHeader.HashSize, VnetHeader.TunnelSize];

    private bool _settled;

    /// <summary>A sentence about the options, or null.</summary>
    public string? Look(in ReceivedFrame frame)
    {
        if (_settled)
            return null;
        var payload = frame.Payload.Span;
        var used = settings.VnetHdrLenOf(frame);
        if (used <= FrameLimits.MaxLength && EthernetGuess.BeginsAt(payload, (int)used))
        {
            _settled = true;
            return null;
        }

        var hint = settings.VnetHdrSupport ? LookWithSupport(payload, frame.AnnouncedVnetHdrLen) : LookWithoutSupport(payload);
        _settled = hint is not null;
        return hint;
    }

    /// <summary>What to say of a stream that cannot be read on.</summary>
    public static string Explain(FramingException error) => error switch
    {
        { Offset: 0, Length: 0xd4c3b2a1 or 0xa1b2c3d4 or 0x4d3cb2a1 or 0xa1b23c4d or 0x0a0d0d0a } =>
            "this is a capture file (pcap or pcapng), not a chardev's stream: tcpdump -r and Wireshark read it",
        { Length: 0 } => $"{error.Message}; is vnet_hdr_support set on one side only?",
        _ => $"{error.Message}: is vnet_hdr_support set on one side only?",
    };

    private static string? LookWithoutSupport(ReadOnlySpan<byte> payload)
    {
        // The second u32 of the framing would now be the first four bytes of the payload.
        if (payload.Length >= sizeof(uint))
        {
            var first = BinaryPrimitives.ReadUInt32BigEndian(payload);
            var rest = payload[sizeof(uint)..];
            if (IsHeaderSize(first) && (EthernetGuess.BeginsAt(rest, (int)first) || IsOffByTwo(rest, first)))
                return "looks like vnet_hdr_support=on: try --vnet-hdr-support";
        }

        return LookForHeader(payload);
    }

    private static string? LookWithSupport(ReadOnlySpan<byte> payload, uint announced)
    {
        if (IsHeaderSize(announced) && LookForHeader(payload) is { } hint)
            return hint;
        // The first four bytes of the payload would have been taken for the second u32 of the framing.
        foreach (var size in _headerSizes)
        {
            if (EthernetGuess.BeginsAt(payload, size - sizeof(uint)))
                return "looks like vnet_hdr_support=off: try without --vnet-hdr-support";
        }

        return IsHeaderSize(announced)
            ? null
            : $"looks like vnet_hdr_support=off (no vnet header has the {announced} bytes announced): try without --vnet-hdr-support";
    }

    private static string? LookForHeader(ReadOnlySpan<byte> payload)
    {
        foreach (var size in _headerSizes)
        {
            if (EthernetGuess.BeginsAt(payload, size))
            {
                return size == 0
                    ? "looks like frames carry no vnet header: try --vnet-hdr-len 0"
                    : $"looks like frames carry a {size}-byte vnet header: try --vnet-hdr-len {size}";
            }
        }

        return null;
    }

    // A sender may announce its netdev's 12 bytes and write 10, as the AF_PACKET RFC for QEMU does.
    private static bool IsOffByTwo(ReadOnlySpan<byte> payload, uint announced) =>
        announced == VnetHeader.MergeableSize && EthernetGuess.BeginsAt(payload, VnetHeader.LegacySize);

    private static bool IsHeaderSize(uint size) => size <= VnetHeader.TunnelSize && _headerSizes.Contains((int)size);
}
