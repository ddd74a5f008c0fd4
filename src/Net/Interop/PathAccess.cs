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
        var errno = FileKinds.Access($"{directory}/.", Constants.W_OK | Constants.X_OK);
        return errno == 0 ? null : LinuxException.Reason(errno);
    }
}
