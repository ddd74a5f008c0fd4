using System.Globalization;

namespace QmpRedirector.Vm;

/// <summary>The Unix sockets /proc shows: who is at a path can be told without connecting to it.</summary>
internal sealed partial class ProcFs
{
    /// <summary>
    /// Who uses a socket path, in every network namespace a visible process is in: the kernel lists a socket only in the namespace of its
    /// maker, while a path is reached from all of them. A name bound relative to a directory counts if the path ends with it.
    /// </summary>
    /// <param name="path">An absolute path, or an abstract name after "@" as /proc shows it.</param>
    public UnixSocketUse UnixSocketAt(string path)
    {
        var use = new UnixSocketUse(false, 0);
        foreach (var process in OneOfEachNamespace())
        {
            foreach (var line in UnixSocketLines(process))
            {
                // Num: RefCount Protocol Flags Type St Inode Path (net/unix/af_unix.c, unix_seq_show); a path may hold blanks.
                var columns = line.Split(' ', 8, StringSplitOptions.RemoveEmptyEntries);
                if (columns.Length < 8 || !IsAt(columns[7], path))
                    continue;
                use = use with
                {
                    Listens = use.Listens || IsListening(columns[3]),
                    Connections = use.Connections + (columns[5] is "02" or "03" ? 1 : 0),
                };
            }
        }

        return use;
    }

    private static bool IsAt(string name, string path) =>
        name == path || (name[0] is not ('/' or '@') && path.EndsWith($"/{name}", StringComparison.Ordinal));

    private static bool IsListening(string flags)
    {
        const uint SO_ACCEPTCON = 1 << 16; // linux/net.h, __SO_ACCEPTCON
        return uint.TryParse(flags, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
            && (bits & SO_ACCEPTCON) != 0;
    }

    private IEnumerable<string> OneOfEachNamespace()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (NetworkNamespace() is { } ours)
            seen.Add(ours);
        return Directory.EnumerateDirectories(root).Select(entry => Path.GetFileName(entry))
            .Where(static name => char.IsAsciiDigit(name[0]))
            .Where(name => ReadLink(Path.Combine(name, "ns", "net")) is { } space && seen.Add(space))
            .Prepend("self");
    }

    private string[] UnixSocketLines(string process)
    {
        try
        {
            return File.ReadAllLines(Path.Combine(root, process, "net", "unix"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // it ended meanwhile
        }
    }
}
