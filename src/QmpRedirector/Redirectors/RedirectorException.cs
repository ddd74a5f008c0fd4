namespace QmpRedirector.Redirectors;

/// <summary>A redirector cannot do its work; the message is one sentence for the operator.</summary>
internal sealed class RedirectorException(string message, Exception? inner = null) : Exception(message, inner);
