using System.Globalization;
using System.Text;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>
/// Where a socket chardev listens or connects: QAPI's SocketAddress (qapi/sockets.json) without vsock. <c>ToString</c> writes it as
/// <c>query-chardev</c> and QEMU's messages do.
/// </summary>
public abstract record ChardevAddress
{
    private ChardevAddress()
    {
    }

    /// <summary>True when there is a Unix socket at the path itself, not behind a link.</summary>
    public static bool IsSocket(string path) => FileKinds.Of(path) == Constants.S_IFSOCK;

    /// <summary>Null when a Unix socket's path fits into sun_path, else QEMU's sentence (util/qemu-sockets.c).</summary>
    public static string? WhyTooLong(string path) => Encoding.UTF8.GetByteCount(path) <= ChardevSockets.LongestPath
        ? null
        : $"UNIX socket path '{path}' is too long: it must be less than {ChardevSockets.LongestPath + 1} bytes";

    /// <summary>A Unix socket.</summary>
    /// <param name="Path">At most 107 bytes in UTF-8.</param>
    /// <param name="Abstract">The name lives in the abstract namespace of the network namespace, not in the file system.</param>
    /// <param name="Tight">An abstract name is not padded with zero bytes to the size of sun_path.</param>
    public sealed record Unix(string Path, bool Abstract = false, bool Tight = true) : ChardevAddress
    {
        /// <inheritdoc />
        public override string ToString() => Abstract ? $"unix:{Path},abstract=on,tight={(Tight ? "on" : "off")}" : $"unix:{Path}";
    }

    /// <summary>A TCP address.</summary>
    /// <param name="Host">Name or address without brackets; empty to listen on all addresses, or to connect to this host.</param>
    /// <param name="Port">0 only to listen on any free port.</param>
    /// <param name="Ipv4">Whether IPv4 may be used; null: as resolved.</param>
    /// <param name="Ipv6">Whether IPv6 may be used; null: as resolved.</param>
    /// <param name="To">The last port to try when listening.</param>
    public sealed record Inet(string Host, int Port, bool? Ipv4 = null, bool? Ipv6 = null, int? To = null) : ChardevAddress
    {
        /// <inheritdoc />
        public override string ToString() =>
            string.Create(CultureInfo.InvariantCulture, $"tcp:{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");
    }

    /// <summary>A socket this process was started with: a connection, or with <c>server=on</c> a listener.</summary>
    /// <param name="Number">The file descriptor.</param>
    public sealed record Fd(int Number) : ChardevAddress
    {
        /// <inheritdoc />
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"fd:{Number}");
    }
}
