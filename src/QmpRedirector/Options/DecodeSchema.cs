namespace QmpRedirector.Options;

internal static class DecodeSchema
{
    public static readonly OptionSchema Schema = new(
        [
            new("vnet-hdr-support", OptionKind.Boolean, "the stream was written with vnet_hdr_support=on"),
            new("vnet-hdr-len", OptionKind.Enum, "bytes of virtio-net header before each frame: 0, 10, 12, 20 or 24")
            {
                ValueName = "N",
                Values = ["0", "10", "12", "20", "24"],
            },
            new("write", OptionKind.String, "write the frames to a pcapng file; -: standard output") { ValueName = "FILE" },
            new("count", OptionKind.Number, "end after this many frames") { ValueName = "N", Minimum = 1 },
        ],
        QemuSentences.Unexpected);
}
