namespace QmpRedirector.Send;

/// <summary>The peer does not take what it is sent; the message is the end of a sentence that begins with "the peer".</summary>
internal sealed class PeerGoneException(string message) : Exception(message);
