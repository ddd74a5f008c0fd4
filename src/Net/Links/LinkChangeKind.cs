namespace QmpRedirector.Net;

/// <summary>What rtnetlink announced.</summary>
public enum LinkChangeKind
{
    /// <summary>RTM_NEWLINK: the interface was made, or something about it changed.</summary>
    Present,

    /// <summary>RTM_DELLINK: the interface is gone.</summary>
    Deleted,

    /// <summary>
    /// The socket's buffer overflowed. What is different now has been told, but not what came and went meanwhile.
    /// </summary>
    Lost,
}
