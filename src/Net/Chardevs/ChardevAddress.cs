namespace QmpRedirector.Net;

/// <summary>Where a socket chardev listens or connects: QAPI's SocketAddress (qapi/sockets.json) without vsock.</summary>
public abstract record ChardevAddress
{
    private ChardevAddress()
    {
    }

    /// <summary>A Unix socket.</summary>
    /// <param name="Path">The file, or the name in the abstract namespace.</param>
    /// <param name="IsAbstract">The name is in the abstract namespace (<c>abstract=on</c>).</param>
    /// <param name="IsTight">An abstract address ends with its name instead of being padded with NULs (<c>tight</c>, on by default).</param>
    public sealed record Unix(string Path, bool IsAbstract = false, bool IsTight = true) : ChardevAddress
    {
        /// <inheritdoc />
        public override string ToString() => IsAbstract ? $"unix:{Path},abstract=on" : $"unix:{Path}";
    }

    /// <summary>A TCP address.</summary>
    /// <param name="Host">A name or address; empty listens everywhere, or connects to this host.</param>
    /// <param name="Port">The port; a listener takes 0 for any.</param>
    /// <param name="To">A listener takes the first free port up to this one.</param>
    /// <param name="Ipv4">Whether IPv4 may be used; null for either.</param>
    /// <param name="Ipv6">Whether IPv6 may be used; null for either.</param>
    public sealed record Inet(string Host, int Port, int? To = null, bool? Ipv4 = null, bool? Ipv6 = null) : ChardevAddress
    {
        /// <inheritdoc />
        public override string ToString() => Host.Contains(':') ? $"tcp:[{Host}]:{Port}" : $"tcp:{Host}:{Port}";
    }

    /// <summary>A socket this process inherited: a connection, or with <c>server=on</c> a listener.</summary>
    /// <param name="Number">The file descriptor.</param>
    public sealed record Descriptor(int Number) : ChardevAddress
    {
        /// <inheritdoc />
        public override string ToString() => $"fd:{Number}";
    }
}
