namespace QmpRedirector.Qmp;

/// <summary>The server answered a command with an error.</summary>
public sealed class QmpCommandException : QmpException
{
    internal QmpCommandException(string command, string errorClassText, string description, long sequence)
        : base($"QMP command '{command}' failed: {description} ({errorClassText})")
    {
        Command = command;
        ErrorClassText = errorClassText;
        ErrorClass = errorClassText switch
        {
            nameof(QmpErrorClass.GenericError) => QmpErrorClass.GenericError,
            nameof(QmpErrorClass.CommandNotFound) => QmpErrorClass.CommandNotFound,
            nameof(QmpErrorClass.DeviceNotActive) => QmpErrorClass.DeviceNotActive,
            nameof(QmpErrorClass.DeviceNotFound) => QmpErrorClass.DeviceNotFound,
            nameof(QmpErrorClass.KVMMissingCap) => QmpErrorClass.KVMMissingCap,
            _ => QmpErrorClass.Other,
        };
        Description = description;
        Sequence = sequence;
    }

    /// <summary>The command that failed.</summary>
    public string Command { get; }

    /// <summary>The error's class.</summary>
    public QmpErrorClass ErrorClass { get; }

    /// <summary>The error's class as the server wrote it.</summary>
    public string ErrorClassText { get; }

    /// <summary>The server's own sentence.</summary>
    public string Description { get; }

    /// <summary>Position of the error reply on the connection; see <see cref="QmpReply.Sequence"/>.</summary>
    public long Sequence { get; }
}
