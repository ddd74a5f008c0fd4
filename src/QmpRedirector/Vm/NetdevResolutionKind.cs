namespace QmpRedirector.Vm;

/// <summary>What came of looking for a netdev's TAP.</summary>
internal enum NetdevResolutionKind
{
    /// <summary>The TAP is known by name. Whether it exists, and is a TAP, is for the kernel to say.</summary>
    Found,

    /// <summary>QEMU has no such netdev, or its TAP is gone: it may come.</summary>
    NotFound,

    /// <summary>There is no TAP to capture on, or none this process could see.</summary>
    Refused,

    /// <summary>There is a TAP, but its name cannot be learned; <c>ifname=</c> tells it.</summary>
    Unreadable,
}
