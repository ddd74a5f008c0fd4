namespace QmpRedirector.Options;

internal static class SendSchema
{
    public static readonly OptionSchema Schema = new(
        [
            new("vnet-hdr-support", OptionKind.Boolean, "write the stream as vnet_hdr_support=on does"),
            new("vnet-hdr-len", OptionKind.Enum, "bytes of virtio-net header, all zero, put before each frame: 0, 10, 12, 20 or 24")
            {
                ValueName = "N",
                Values = ["0", "10", "12", "20", "24"],
                Default = "0, with --vnet-hdr-support 12",
            },
            new("realtime", OptionKind.Boolean, "keep the times between frames; without it, as fast as the peer takes them"),
        ],
        QemuSentences.Unexpected);
}
