namespace QmpRedirector.Net.Interop;

/// <summary>What came of <see cref="CaptureProbe.Try"/>.</summary>
/// <param name="Accepted">The socket options the kernel took, by their names: <c>PACKET_VNET_HDR</c>.</param>
/// <param name="Refused">The calls it refused; a capture needs every one of them.</param>
/// <param name="Backlog">What the rings of the backlog hold; null when they cannot be had.</param>
public sealed record CaptureSupport(IReadOnlyList<string> Accepted, IReadOnlyList<LinuxException> Refused, BacklogCapacity? Backlog);
