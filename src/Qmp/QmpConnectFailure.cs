namespace QmpRedirector.Qmp;

/// <summary>Why a connection could not be made.</summary>
public enum QmpConnectFailure
{
    /// <summary>None of the others; the exception's message says what.</summary>
    Other,

    /// <summary>The socket or host does not exist.</summary>
    NotFound,

    /// <summary>Nothing listens there.</summary>
    Refused,

    /// <summary>No connection, or no reply to the negotiation, in time.</summary>
    Timeout,

    /// <summary>Accepted, or left waiting in the listen queue, but never greeted: another client probably holds this monitor.</summary>
    NoGreeting,

    /// <summary>This process may not connect to the socket.</summary>
    PermissionDenied,
}
