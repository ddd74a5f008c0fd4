namespace QmpRedirector.Net.Interop;

/// <summary>Asks what this process may do in the file system without doing it.</summary>
public static class PathAccess
{
    /// <summary>
    /// Why no file can be made at the path, or one there replaced: the kernel's words about its directory. Null when it can, as far as the
    /// directory's permissions tell.
    /// </summary>
    public static string? WhyNotCreate(string path)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";

        // With "/." what is no directory is refused as that, and not for its permissions.
        return WhyNot($"{directory}/.", Constants.W_OK | Constants.X_OK);
    }

    /// <summary>Why what is at the path cannot be written to: the kernel's words. Null when it can.</summary>
    internal static string? WhyNotWrite(string path) => WhyNot(path, Constants.W_OK);

    private static string? WhyNot(string path, int mode)
    {
        var errno = FileKinds.Access(path, mode);
        return errno == 0 ? null : LinuxException.Reason(errno);
    }
}
