using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace QmpRedirector.Qmp;

/// <summary>Where a QMP server is: <c>unix:PATH</c>, <c>tcp:HOST:PORT</c>, <c>tcp:[V6]:PORT</c>, <c>fd:N</c> or a bare path.</summary>
public sealed record QmpAddress
{
    /// <summary>Bytes of a UNIX socket path: sizeof(sun_path) less its terminating NUL (unix(7)).</summary>
    public const int MaxPathBytes = 107;

    private QmpAddress(QmpAddressKind kind, string? path = null, string? host = null, int port = 0, int fd = -1)
    {
        Kind = kind;
        Path = path;
        Host = host;
        Port = port;
        Fd = fd;
    }

    /// <summary>Which of the properties below is meant.</summary>
    public QmpAddressKind Kind { get; }

    /// <summary>The socket's path; null unless <see cref="Kind"/> is Unix.</summary>
    public string? Path { get; }

    /// <summary>Host name or address, an IPv6 one without its brackets; null unless <see cref="Kind"/> is Tcp.</summary>
    public string? Host { get; }

    /// <summary>1 to 65535; 0 unless <see cref="Kind"/> is Tcp.</summary>
    public int Port { get; }

    /// <summary>The inherited file descriptor; -1 unless <see cref="Kind"/> is Fd.</summary>
    public int Fd { get; }

    /// <summary>Reads an address as users write it. On failure <paramref name="error"/> is one sentence for them.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out QmpAddress? address, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        (address, error) = Split(text) switch
        {
            ("unix", var rest) => ParsePath(rest),
            ("tcp", var rest) => ParseTcp(text, rest),
            ("fd", var rest) => ParseFd(text, rest),
            (null, var rest) => ParsePath(rest),
            var (scheme, _) => Bad($"'{scheme}:' is not a kind of address: use unix:PATH, tcp:HOST:PORT, fd:N or a path."),
        };
        return address is not null;
    }

    /// <summary>The canonical form, which <see cref="TryParse"/> reads back to an equal address.</summary>
    public override string ToString() => Kind switch
    {
        QmpAddressKind.Unix => $"unix:{Path}",
        QmpAddressKind.Tcp when Host!.Contains(':', StringComparison.Ordinal) => $"tcp:[{Host}]:{Port}",
        QmpAddressKind.Tcp => $"tcp:{Host}:{Port}",
        _ => $"fd:{Fd}",
    };

    // A word of letters before the first colon is a scheme; anything else (a slash, a dot) makes it a bare path.
    private static (string? Scheme, string Value) Split(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && text.AsSpan(0, colon).IndexOfAnyExceptInRange('a', 'z') < 0
            ? (text[..colon], text[(colon + 1)..])
            : (null, text);
    }

    private static (QmpAddress?, string?) ParsePath(string path)
    {
        if (path.Length == 0)
            return Bad("An address needs the path of a UNIX socket: unix:PATH.");
        if (path.Contains('\0', StringComparison.Ordinal))
            return Bad("The path of a socket cannot contain a NUL character.");
        if (path.Contains(",server", StringComparison.Ordinal))
            return Bad($"'{path}' carries QEMU's options for its own end: give only the path, up to the first comma.");
        var bytes = Encoding.UTF8.GetByteCount(path);
        return bytes > MaxPathBytes
            ? Bad($"UNIX socket path '{path}' is too long: {bytes} bytes, the kernel takes at most {MaxPathBytes}.")
            : (new QmpAddress(QmpAddressKind.Unix, path: path), null);
    }

    private static (QmpAddress?, string?) ParseTcp(string text, string rest)
    {
        var colon = rest.LastIndexOf(':');
        if (colon <= 0)
            return Bad($"'{text}' is not a TCP address: use tcp:HOST:PORT.");
        var host = rest[..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
            host = host[1..^1];
        else if (host.Contains(':', StringComparison.Ordinal))
            return Bad($"'{text}': an IPv6 address needs brackets: tcp:[{host}]:PORT.");
        if (host.Length == 0)
            return Bad($"'{text}' names no host: use tcp:HOST:PORT.");
        var number = rest.AsSpan(colon + 1);
        return ushort.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? (new QmpAddress(QmpAddressKind.Tcp, host: host, port: port), null)
            : Bad($"'{text}': the port must be a number from 1 to 65535.");
    }

    private static (QmpAddress?, string?) ParseFd(string text, string rest) =>
        int.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out var fd)
            ? (new QmpAddress(QmpAddressKind.Fd, fd: fd), null)
            : Bad($"'{text}': a file descriptor is a number: fd:N.");

    private static (QmpAddress?, string?) Bad(string sentence) => (null, sentence);
}
