namespace QmpRedirector.Testing;

/// <summary>A directory of the test's own, with a path short enough for UNIX sockets, gone when disposed.</summary>
public sealed class TempDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("qmp-");

    /// <summary>The path of something in it.</summary>
    public string File(string name) => Path.Combine(_directory.FullName, name);

    public void Dispose() => _directory.Delete(recursive: true);
}
