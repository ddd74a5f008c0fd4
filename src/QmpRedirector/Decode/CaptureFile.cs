using System.Runtime.InteropServices;
using QmpRedirector.CommandLine;
using QmpRedirector.Net;

namespace QmpRedirector.Decode;

/// <summary>Opens what <c>-w</c> names.</summary>
internal static class CaptureFile
{
    public const string StandardOutput = "-";

    private const int BufferSize = 64 * 1024;

    public static PcapngSection Section { get; } = new(
        RuntimeInformation.OSArchitecture.ToString(),
        RuntimeInformation.OSDescription,
        $"{Cli.Program} {Cli.Version}");

    /// <summary>A new file is the owner's alone (0600): frames are tenants' data.</summary>
    public static Stream Open(string path, Func<Stream> openStandardOutput) => path == StandardOutput
        ? new BufferedStream(openStandardOutput(), BufferSize)
        : new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Share = FileShare.Read,
            BufferSize = BufferSize,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
}
