using QmpRedirector.Net;

namespace QmpRedirector.Decode;

/// <summary>A virtio-net header in words.</summary>
internal static class VnetText
{
    /// <summary>What is set, for a line: "vnet 12 [csum 34+6] [tso4 1448]".</summary>
    public static string Brief(ReadOnlySpan<byte> bytes)
    {
        var text = $"vnet {bytes.Length}";
        if (bytes.Length < VnetHeader.LegacySize)
            return text;
        var header = VnetHeader.Read(bytes);
        if (header.NeedsChecksum)
            text += $" [csum {header.CsumStart}+{header.CsumOffset}]";
        if ((header.Flags & VnetHeader.DataValidFlag) != 0)
            text += " [csum valid]";
        if (header.IsGso)
            text += $" [{GsoName(header.GsoType)} {header.GsoSize}]";
        return text;
    }

    private static string GsoName(byte type)
    {
        var name = (type & ~VnetHeader.GsoEcn) switch
        {
            VnetHeader.GsoTcpV4 => "tso4",
            VnetHeader.GsoTcpV6 => "tso6",
            VnetHeader.GsoUdp => "ufo",
            VnetHeader.GsoUdpL4 => "uso",
            var other => $"gso {other}",
        };
        return (type & VnetHeader.GsoEcn) != 0 ? name + " ecn" : name;
    }
}
