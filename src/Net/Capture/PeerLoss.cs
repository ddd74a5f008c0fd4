namespace QmpRedirector.Net;

/// <summary>Why a forwarder stopped using a peer's connection.</summary>
public enum PeerLoss
{
    /// <summary>The peer closed or reset the connection.</summary>
    PeerClosed,

    /// <summary>A frame was half written and the peer did not take the rest in time: a stream without resynchronisation must end there.</summary>
    FrameUnfinished,

    /// <summary>The forwarder itself ended.</summary>
    Stopped,
}
