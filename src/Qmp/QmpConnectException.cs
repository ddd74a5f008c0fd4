namespace QmpRedirector.Qmp;

/// <summary>The connection could not be made or negotiated.</summary>
public sealed class QmpConnectException : QmpException
{
    internal QmpConnectException(QmpConnectFailure reason, string message, Exception? innerException = null)
        : base(message, innerException) => Reason = reason;

    /// <summary>Why.</summary>
    public QmpConnectFailure Reason { get; }
}
