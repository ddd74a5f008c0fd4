namespace QmpRedirector.Qmp;

/// <summary>What a command handler throws to answer with an error instead of a return value.</summary>
/// <param name="errorClass">The class clients may act on; <see cref="QmpErrorClass.GenericError"/> unless a client must tell it
/// apart.</param>
/// <param name="description">One sentence for people, without a full stop, as QEMU's.</param>
public sealed class QmpServerError(QmpErrorClass errorClass, string description) : QmpException(description)
{
    /// <summary>An error of class <see cref="QmpErrorClass.GenericError"/>.</summary>
    public QmpServerError(string description) : this(QmpErrorClass.GenericError, description)
    {
    }

    /// <summary>The class of the error, sent as <c>class</c>.</summary>
    public QmpErrorClass ErrorClass { get; } =
        errorClass == QmpErrorClass.Other ? QmpErrorClass.GenericError : errorClass;

    /// <summary>The sentence, sent as <c>desc</c>.</summary>
    public string Description => Message;
}
