using System.Globalization;

namespace QmpRedirector.Options;

/// <summary>QEMU's SocketAddress. <c>ToString</c> writes it as <c>query-chardev</c> and QEMU's messages do.</summary>
internal abstract record SocketAddressOptions
{
    private SocketAddressOptions()
    {
    }

    /// <param name="Path">At most 107 bytes in UTF-8.</param>
    /// <param name="Abstract">The name lives in the abstract namespace of the network namespace, not in the file system.</param>
    /// <param name="Tight">An abstract name is not padded with zero bytes to the size of sun_path.</param>
    public sealed record Unix(string Path, bool Abstract = false, bool Tight = true) : SocketAddressOptions
    {
        public override string ToString() => Abstract ? $"unix:{Path},abstract=on,tight={(Tight ? "on" : "off")}" : $"unix:{Path}";
    }

    /// <param name="Host">Name or address without brackets; empty only to listen on all addresses.</param>
    /// <param name="Port">0 only to listen on any free port.</param>
    /// <param name="Ipv4">Null: as resolved.</param>
    /// <param name="Ipv6">Null: as resolved.</param>
    /// <param name="To">The last port to try when listening.</param>
    public sealed record Inet(string Host, int Port, bool? Ipv4 = null, bool? Ipv6 = null, int? To = null) : SocketAddressOptions
    {
        public override string ToString()
        {
            string host = Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
            return string.Create(CultureInfo.InvariantCulture, $"tcp:{host}:{Port}");
        }
    }

    /// <param name="Number">A descriptor this process was started with.</param>
    public sealed record Fd(int Number) : SocketAddressOptions
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"fd:{Number}");
    }
}
