using System.Globalization;

namespace QmpRedirector.Vm;

/// <summary>What is read of /proc (proc(5)). A process that ended reads as nothing; what may not be read throws.</summary>
/// <param name="root">"/proc", or a tree that looks like it.</param>
internal sealed partial class ProcFs(string root = "/proc")
{
    /// <summary>The process a thread belongs to; null when there is no such thread.</summary>
    public int? ProcessOf(int threadId) => ReadField(Path.Combine(Name(threadId), "status"), "Tgid:") is { } text
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            ? pid
            : null;

    /// <summary>Whether the thread is one of the process's.</summary>
    public bool HasThread(int pid, int threadId) => Directory.Exists(Path.Combine(root, Name(pid), "task", Name(threadId)));

    /// <summary>The network namespace of a process ("net:[4026531840]"), of this one without a PID; null when it may not be read.</summary>
    public string? NetworkNamespace(int? pid = null) => ReadLink(Path.Combine(pid is { } other ? Name(other) : "self", "ns", "net"));

    /// <summary>What a file descriptor of a process refers to; null when it has none of that number or it may not be read.</summary>
    public string? FdTarget(int pid, int fd) => ReadLink(Path.Combine(Name(pid), "fd", Name(fd)));

    /// <summary>
    /// The interface of a tun file descriptor: the <c>iff:</c> line of its fdinfo (drivers/net/tun.c, tun_chr_show_fdinfo), empty when its
    /// interface was deleted. Null when the descriptor is none of tun's or does not exist.
    /// </summary>
    /// <exception cref="UnauthorizedAccessException">It may not be read: that takes the rights of ptrace.</exception>
    public string? TunInterface(int pid, int fd) => ReadField(Path.Combine(Name(pid), "fdinfo", Name(fd)), "iff:");

    /// <summary>The interfaces of all tun file descriptors of a process; none when it ended.</summary>
    /// <exception cref="UnauthorizedAccessException">They may not be read: that takes the rights of ptrace.</exception>
    public IReadOnlySet<string> TunInterfaces(int pid)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            foreach (var entry in Directory.EnumerateFileSystemEntries(Path.Combine(root, Name(pid), "fdinfo")))
            {
                if (ReadField(entry, "iff:") is { Length: > 0 } name)
                    names.Add(name);
            }
        }
        catch (DirectoryNotFoundException)
        {
        }
        return names;
    }

    private static string Name(int number) => number.ToString(CultureInfo.InvariantCulture);

    private string? ReadLink(string path) => new FileInfo(Path.Combine(root, path)).LinkTarget;

    private string? ReadField(string path, string key)
    {
        try
        {
            foreach (var line in File.ReadLines(Path.Combine(root, path)))
            {
                if (line.StartsWith(key, StringComparison.Ordinal))
                    return line[key.Length..].TrimStart('\t');
            }
            return null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
