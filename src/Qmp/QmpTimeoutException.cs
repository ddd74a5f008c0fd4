namespace QmpRedirector.Qmp;

/// <summary>A command had no reply by its deadline. The connection stays; a late reply is ignored.</summary>
public sealed class QmpTimeoutException : QmpException
{
    internal QmpTimeoutException(string command, string message) : base(message) => Command = command;

    /// <summary>The command.</summary>
    public string Command { get; }
}
