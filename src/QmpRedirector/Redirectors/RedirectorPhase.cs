namespace QmpRedirector.Redirectors;

/// <summary>What a redirector is doing, in one word.</summary>
internal enum RedirectorPhase
{
    /// <summary>It cannot capture yet: QEMU has not answered, there is no TAP, or with <c>wait=on</c> no peer has come.</summary>
    Waiting,

    /// <summary>It could, but its properties and the run state say no.</summary>
    Disarmed,

    /// <summary>It captures and forwards.</summary>
    Armed,

    /// <summary>QEMU or the TAP is gone, or it was told to end: what was accepted is still being sent.</summary>
    Draining,
}
