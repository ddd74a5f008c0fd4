namespace QmpRedirector.Qmp;

/// <summary>QMP's error classes, as QEMU's qapi/error.json lists them.</summary>
public enum QmpErrorClass
{
    /// <summary>A class this library does not know; its text is kept in <see cref="QmpCommandException.ErrorClassText"/>.</summary>
    Other,

    /// <summary>Everything without a class of its own.</summary>
    GenericError,

    /// <summary>The command does not exist, or not in this state of the monitor.</summary>
    CommandNotFound,

    /// <summary>The device failed to become active.</summary>
    DeviceNotActive,

    /// <summary>The device or object does not exist.</summary>
    DeviceNotFound,

    /// <summary>KVM lacks a capability the command needs.</summary>
    KVMMissingCap,
}
