namespace QmpRedirector.Qmp;

/// <summary>The life of a client; it only moves forward.</summary>
internal enum QmpClientState
{
    Idle,
    Connecting,
    Running,
    Closed,
}
