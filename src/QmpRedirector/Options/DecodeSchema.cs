namespace QmpRedirector.Options;

internal static class DecodeSchema
{
    public static readonly OptionSchema Schema = new(
        [
            new("vnet-hdr-support", OptionKind.Boolean, "the stream was written with vnet_hdr_support=on"),
            new("vnet-hdr-len", OptionKind.Enum, "bytes of virtio-net header before each frame") { Values = ["0", "10", "12", "20", "24"] },
            new("write", OptionKind.String, "write the frames to a pcapng file; -: standard output"),
            new("count", OptionKind.Number, "end after this many frames") { Minimum = 1 },
        ],
        QemuSentences.Unexpected);
}
