namespace QmpRedirector.Qmp;

/// <summary>The connection ended before the command had its reply, or had ended before the command was given.</summary>
public sealed class QmpDisconnectedException : QmpException
{
    internal QmpDisconnectedException(string message, QmpDisconnect disconnect) : base(message, disconnect.Exception) =>
        Disconnect = disconnect;

    /// <summary>Why the connection ended.</summary>
    public QmpDisconnect Disconnect { get; }
}
