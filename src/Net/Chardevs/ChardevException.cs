namespace QmpRedirector.Net;

/// <summary>A chardev could not be opened; the message is one sentence for the operator.</summary>
public sealed class ChardevException : IOException
{
    internal ChardevException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
