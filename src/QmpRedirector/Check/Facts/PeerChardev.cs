using System.Globalization;
using QmpRedirector.Net;

namespace QmpRedirector.Check.Facts;

/// <summary>A chardev of the consumer's QEMU.</summary>
/// <param name="Label">Its id.</param>
/// <param name="Filename">As query-chardev writes it (chardev/char-socket.c, qemu_chr_compute_filename).</param>
/// <param name="FrontendOpen">Whether what uses it reads it; null when QEMU does not tell.</param>
internal sealed record PeerChardev(string Label, string Filename, bool? FrontendOpen)
{
    private const string ServerMark = ",server=on";

    public bool IsServer => Filename.Contains(ServerMark, StringComparison.Ordinal);

    /// <summary>
    /// Whether it is at this address. Hosts are not compared, since one machine has many names: the port decides. Of a connected Unix
    /// client QEMU does not show the path.
    /// </summary>
    public bool IsAt(ChardevAddress address)
    {
        const string Disconnected = "disconnected:";
        var text = Filename.StartsWith(Disconnected, StringComparison.Ordinal) ? Filename[Disconnected.Length..] : Filename;
        return address switch
        {
            ChardevAddress.Unix unix => text.StartsWith("unix:", StringComparison.Ordinal)
                && IsPath(text["unix:".Length..].Split([ServerMark, ",abstract="], StringSplitOptions.None)[0], unix.Path),
            ChardevAddress.Inet inet => text.StartsWith("tcp:", StringComparison.Ordinal) && PortsOf(text).Contains(inet.Port),
            _ => false,
        };
    }

    // A relative path is relative to its own directory, which is not known: it is compared as far as it goes.
    private static bool IsPath(string theirs, string ours)
    {
        var path = Path.GetFullPath(ours);
        return theirs.StartsWith('/') ? theirs == path : theirs.Length > 0 && path.EndsWith($"/{theirs}", StringComparison.Ordinal);
    }

    // "tcp:HOST:PORT,server=on <-> HOST:PORT": a server's port comes first, the one a client connected to last.
    private IEnumerable<int> PortsOf(string text)
    {
        var ends = text.Split(" <-> ");
        var end = IsServer ? ends[0].Split(',')[0] : ends[^1];
        if (int.TryParse(end[(end.LastIndexOf(':') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            yield return port;
    }
}
