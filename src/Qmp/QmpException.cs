namespace QmpRedirector.Qmp;

/// <summary>Base of everything QMP can fail with. The message is one sentence for an operator.</summary>
public abstract class QmpException : Exception
{
    private protected QmpException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }
}
