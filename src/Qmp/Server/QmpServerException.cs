namespace QmpRedirector.Qmp;

/// <summary>The server cannot listen where it should.</summary>
public sealed class QmpServerException : QmpException
{
    internal QmpServerException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }
}
