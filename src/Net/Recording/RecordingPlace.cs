using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>Where a recording would go, looked at without making, opening or removing anything.</summary>
/// <param name="Problem">Why <see cref="PcapngRecording.Open"/> would fail; null when it would not, as far as can be seen.</param>
/// <param name="IsFifo">A FIFO is there, which is opened only if somebody reads it.</param>
/// <param name="IsFile">A file is there, which would be replaced.</param>
public sealed record RecordingPlace(string? Problem, bool IsFifo, bool IsFile)
{
    /// <summary>Looks at the path.</summary>
    public static RecordingPlace Look(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            var kind = FileKinds.Of(path);
            var isFifo = kind == Constants.S_IFIFO;
            var problem = RecordingFile.WhyNot(kind) ?? (isFifo ? PathAccess.WhyNotWrite(path) : WhyNotCreate(path));
            return new RecordingPlace(problem, isFifo, kind == Constants.S_IFREG);
        }
        catch (LinuxException e)
        {
            return new RecordingPlace(LinuxException.Reason(e.Errno), false, false);
        }
    }

    private static string? WhyNotCreate(string path) =>
        path.Length == 0 ? LinuxException.Reason(Errno.ENOENT) : PathAccess.WhyNotCreate(path);
}
