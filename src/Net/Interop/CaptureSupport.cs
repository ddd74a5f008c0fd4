namespace QmpRedirector.Net.Interop;

/// <summary>What came of <see cref="CaptureProbe.Try"/>.</summary>
/// <param name="Accepted">The socket options the kernel took, by their names: <c>PACKET_VNET_HDR</c>.</param>
/// <param name="Refused">The calls it refused; a capture needs every one of them.</param>
/// <param name="Backlog">Bytes of kernel memory the backlog has then; 0 when it cannot be had.</param>
public sealed record CaptureSupport(IReadOnlyList<string> Accepted, IReadOnlyList<LinuxException> Refused, long Backlog);
