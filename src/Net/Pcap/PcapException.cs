namespace QmpRedirector.Net;

/// <summary>A capture file cannot be read on; the message is one sentence that begins with the byte it is about.</summary>
public sealed class PcapException : Exception
{
    internal PcapException(long offset, string sentence)
        : base($"byte {offset}: {sentence}")
    {
        Offset = offset;
    }

    /// <summary>Where in the file, in bytes from its beginning.</summary>
    public long Offset { get; }
}
