namespace QmpRedirector.Vm;

/// <summary>How well the VM is known.</summary>
internal enum VmPhase
{
    /// <summary>No QEMU has answered yet.</summary>
    Connecting,

    /// <summary>QMP is connected and <c>query-status</c> has answered, or an event since then.</summary>
    Following,

    /// <summary>QMP is lost while QEMU lives, or may live: the last known state stands.</summary>
    Lost,

    /// <summary>The QEMU process has ended; another one may come.</summary>
    Gone,
}
