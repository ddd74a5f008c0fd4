using System.Text;

namespace QmpRedirector.Metrics;

/// <summary>The head of an HTTP/1 request as far as a server of two resources needs it (RFC 9112, 3 and 5).</summary>
/// <param name="Method">As sent: methods are case-sensitive.</param>
/// <param name="Path">Without query; of an absolute target only its path.</param>
internal sealed record HttpRequest(string Method, string Path)
{
    /// <summary>Longer heads are refused.</summary>
    public const int MaxLength = 8192;

    /// <summary>Where the head's empty line ends, or -1 while it has not come. Bare LF is taken too (RFC 9112, 2.2).</summary>
    public static int EndOf(ReadOnlySpan<byte> bytes)
    {
        var crlf = bytes.IndexOf("\r\n\r\n"u8);
        var lf = bytes.IndexOf("\n\n"u8);
        return (crlf, lf) switch
        {
            (< 0, < 0) => -1,
            (>= 0, < 0) => crlf + 4,
            (< 0, _) => lf + 2,
            _ => Math.Min(crlf + 4, lf + 2),
        };
    }

    /// <returns>Null when the bytes are no HTTP/1 request.</returns>
    public static HttpRequest? Parse(ReadOnlySpan<byte> head)
    {
        // As bytes: a field may hold obs-text, and nothing of it is shown.
        var lines = Encoding.Latin1.GetString(head).Split('\n');
        var words = lines[0].TrimEnd('\r').Split(' ');
        if (words is not [{ Length: > 0 } method, { Length: > 0 } target, "HTTP/1.1" or "HTTP/1.0"] || !method.All(char.IsAsciiLetter))
            return null;

        // RFC 9112, 3.2: a request of version 1.1 without Host is bad.
        if (words[2] == "HTTP/1.1" && !lines.Any(line => line.StartsWith("Host:", StringComparison.OrdinalIgnoreCase)))
            return null;
        return PathOf(target) is { } path ? new HttpRequest(method, path) : null;
    }

    private static string? PathOf(string target)
    {
        if (target[0] != '/')
        {
            var authority = target.IndexOf("://", StringComparison.Ordinal);
            if (authority < 0)
                return target == "*" ? target : null;
            var slash = target.IndexOf('/', authority + 3);
            target = slash < 0 ? "/" : target[slash..];
        }

        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target[..query];
    }
}
