using System.Globalization;

namespace QmpRedirector.Vm;

/// <summary>What /proc tells of the kernel and of this process.</summary>
internal sealed partial class ProcFs
{
    /// <summary>As uname -r; null when it may not be read.</summary>
    public string? KernelRelease => FirstLine("sys/kernel/osrelease");

    /// <summary>The effective capabilities of this process, a bit each (linux/capability.h); 0 when they may not be read.</summary>
    public ulong EffectiveCapabilities =>
        ulong.TryParse(ReadField("self/status", "CapEff:"), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
            ? bits
            : 0;

    /// <summary>How many descriptors of a process are of this file, as <c>/dev/vhost-net</c>; none when it ended.</summary>
    /// <exception cref="UnauthorizedAccessException">They may not be read: that takes the rights of ptrace.</exception>
    public int CountFds(int pid, string target)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(root, Name(pid), "fd"))
                .Count(entry => new FileInfo(entry).LinkTarget == target);
        }
        catch (DirectoryNotFoundException)
        {
            return 0;
        }
    }

    private string? FirstLine(string path)
    {
        try
        {
            return File.ReadLines(Path.Combine(root, path)).FirstOrDefault();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
