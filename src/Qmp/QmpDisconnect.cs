namespace QmpRedirector.Qmp;

/// <summary>The end of a connection.</summary>
/// <param name="Reason">The first reason there was.</param>
/// <param name="Exception">What was caught, if anything.</param>
public sealed record QmpDisconnect(QmpDisconnectReason Reason, Exception? Exception = null);
