namespace QmpRedirector.Send;

/// <summary>How <c>send</c> writes its stream.</summary>
internal sealed record SendSettings
{
    /// <summary>Each frame's length is followed by a vnet_hdr_len.</summary>
    public bool VnetHdrSupport { get; init; }

    /// <summary>Bytes of virtio-net header in front of each frame: all zero, "nothing to finish, nothing to segment".</summary>
    public int VnetHdrLen { get; init; }

    /// <summary>Frames keep the distance in time they have in the file.</summary>
    public bool Realtime { get; init; }
}
