namespace QmpRedirector.Net;

/// <summary>What happened to a chardev's connection.</summary>
public abstract record ChardevEvent
{
    private ChardevEvent()
    {
    }

    /// <summary>A peer is there.</summary>
    public sealed record Connected : ChardevEvent;

    /// <summary>The connection ended.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Final">No other will follow: a client without reconnect.</param>
    public sealed record Disconnected(PeerLoss Reason, bool Final) : ChardevEvent;

    /// <summary>A server could not accept a peer; it tries again.</summary>
    /// <param name="Problem">One sentence.</param>
    public sealed record NotAccepted(string Problem) : ChardevEvent;

    /// <summary>A client that reconnects found nobody; it tries again.</summary>
    /// <param name="Problem">One sentence.</param>
    public sealed record Refused(string Problem) : ChardevEvent;
}
