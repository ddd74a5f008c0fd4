namespace QmpRedirector.Net;

/// <summary>An Ethernet interface frames were taken from (Interface Description Block).</summary>
/// <param name="Name">if_name: the kernel's name, as <c>tap0</c>.</param>
/// <param name="Description">if_description, or null.</param>
/// <param name="SnapLength">SnapLen: the most bytes kept of a frame; 0 = no limit.</param>
public sealed record PcapngInterface(string Name, string? Description, int SnapLength = FrameLimits.MaxLength);
