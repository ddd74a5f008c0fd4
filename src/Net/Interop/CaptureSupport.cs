namespace QmpRedirector.Net.Interop;

/// <summary>What came of <see cref="CaptureProbe.Try"/>.</summary>
/// <param name="Accepted">The socket options the kernel took, by their names: <c>PACKET_VNET_HDR</c>.</param>
/// <param name="Refused">The calls it refused; a capture needs every one of them.</param>
/// <param name="GrantedBacklog">
/// Bytes of receive buffer it grants, as it charges them; 0 when there was no socket. With CAP_NET_ADMIN (SO_RCVBUFFORCE) that is what
/// was asked for, without it at most twice net.core.rmem_max (socket(7), SO_RCVBUF).
/// </param>
public sealed record CaptureSupport(IReadOnlyList<string> Accepted, IReadOnlyList<LinuxException> Refused, long GrantedBacklog);
