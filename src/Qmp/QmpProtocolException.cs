namespace QmpRedirector.Qmp;

/// <summary>The peer does not speak QMP: garbage, a message without end or beyond the limits, a bad greeting.</summary>
public sealed class QmpProtocolException : QmpException
{
    internal QmpProtocolException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }
}
