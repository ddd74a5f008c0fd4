namespace QmpRedirector.SystemTests.Kit;

/// <summary>A QMP event and QEMU's CLOCK_REALTIME stamp of it (microseconds).</summary>
internal sealed record QmpEvent(string Name, DateTimeOffset At);
