namespace QmpRedirector.Vm;

/// <summary>No VM can be followed. The message is one sentence for the operator.</summary>
internal sealed class VmUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);
