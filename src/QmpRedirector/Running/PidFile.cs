using System.Globalization;
using System.Text;

namespace QmpRedirector.Running;

/// <summary>The file that names this process while it runs.</summary>
internal sealed class PidFile : IDisposable
{
    private static readonly string _content = Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n";

    private readonly string _path;

    private PidFile(string path) => _path = path;

    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static PidFile Write(string path)
    {
        // Made anew, never through what is already there: a link could lead anywhere.
        File.Delete(path);
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        file.Write(Encoding.ASCII.GetBytes(_content));
        return new PidFile(path);
    }

    public void Dispose()
    {
        try
        {
            // Another that was started with this path since has written its own.
            if (File.ReadAllText(_path) == _content)
                File.Delete(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The file or its directory went away or was closed to us meanwhile; at most a stale pid file is left.
        }
    }
}
