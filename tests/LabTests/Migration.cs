namespace QmpRedirector.LabTests;

/// <summary>One live migration.</summary>
/// <param name="Stop">The source's STOP.</param>
/// <param name="Resume">The destination's RESUME, by the same clock on one machine.</param>
/// <param name="DowntimeLimit">QEMU's parameter downtime-limit at its end, in ms.</param>
internal sealed record Migration(DateTimeOffset Stop, DateTimeOffset Resume, int DowntimeLimit);
