namespace QmpRedirector.Options;

/// <summary>Everything <c>decode</c> was told, checked.</summary>
internal sealed record DecodeOptions
{
    public required DecodeInput Input { get; init; }

    /// <summary>Each frame has a second length word before it, as with <c>vnet_hdr_support=on</c>.</summary>
    public bool VnetHdrSupport { get; init; }

    /// <summary>Bytes of virtio-net header before each frame; null: as the stream says, else 0.</summary>
    public int? VnetHdrLen { get; init; }

    /// <summary>Write pcapng here rather than lines of text; "-": standard output.</summary>
    public string? WriteFile { get; init; }

    /// <summary>End after so many frames; null: at the end of the stream.</summary>
    public long? Count { get; init; }
}
