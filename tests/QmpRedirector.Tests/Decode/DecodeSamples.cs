using QmpRedirector.Net;

namespace QmpRedirector.Tests.Decode;

/// <summary>Frames, virtio-net headers, and the stream a QEMU filter would write of them.</summary>
internal static class DecodeSamples
{
    public const string UdpSummary = "IP 10.0.0.1.1234 > 10.0.0.2.7777: UDP, length 22";
    public const string ArpSummary = "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28";

    public static readonly byte[] Udp = Convert.FromHexString(
        "525400123456525400abcdef0800" + "4500003200070000401166b20a0000010a000002" + "04d21e61001e9b4f"
        + string.Concat(Enumerable.Repeat("78", 22)));

    public static readonly byte[] Arp = Convert.FromHexString(
        "ffffffffffff525400abcdef0806" + "0001080006040001525400abcdef0a0000010000000000000a000002");

    /// <summary>Twelve bytes: the checksum at 34 + 6 is unfinished.</summary>
    public static readonly byte[] UnfinishedChecksum = [1, 0, 0, 0, 0, 0, 34, 0, 6, 0, 0, 0];

    /// <summary>Twelve bytes: a TCP super-frame of 1448-byte segments.</summary>
    public static readonly byte[] SuperFrame = [1, 1, 54, 0, 0xa8, 5, 34, 0, 16, 0, 0, 0];

    /// <summary>The stream without vnet_hdr_support.</summary>
    public static byte[] Plain(params byte[][] payloads) => [.. payloads.SelectMany(payload => Frame(payload, 0, support: false))];

    /// <summary>The stream with vnet_hdr_support, every frame announcing the same header length.</summary>
    public static byte[] WithSupport(int vnetHdrLen, params byte[][] payloads) =>
        [.. payloads.SelectMany(payload => Frame(payload, vnetHdrLen, support: true))];

    private static byte[] Frame(byte[] payload, int vnetHdrLen, bool support)
    {
        var header = new byte[FramingHeader.Size(support)];
        FramingHeader.Write(header, payload.Length, vnetHdrLen, support);
        return [.. header, .. payload];
    }
}
