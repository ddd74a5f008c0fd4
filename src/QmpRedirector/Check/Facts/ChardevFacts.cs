using QmpRedirector.Net;
using QmpRedirector.Net.Interop;
using QmpRedirector.Options;
using QmpRedirector.Vm;

namespace QmpRedirector.Check.Facts;

/// <summary>The address of a chardev as it is found, without a connection to it: a QEMU of 7.2 to 10.2 reads only its first.</summary>
/// <param name="Options">The chardev.</param>
/// <param name="Problem">Why it could not be opened, in the sentence <c>run</c> would fail with; null when it could.</param>
/// <param name="SocketExists">For a path: a socket is there.</param>
/// <param name="Use">For a path or abstract name: who uses it, as far as /proc shows.</param>
internal sealed record ChardevFacts(ChardevOptions Options, string? Problem, bool SocketExists, UnixSocketUse Use)
{
    public static async Task<ChardevFacts> ReadAsync(ChardevOptions chardev, ProcFs proc, CancellationToken cancellationToken) => new(
        chardev,
        chardev.Address switch
        {
            ChardevAddress.Fd fd when !IsSocket(fd, proc) => $"File descriptor '{fd.Number}' is not a socket",
            ChardevAddress.Unix unix when !chardev.Server => ChardevProbe.WhyNotConnect(unix),
            _ when chardev.Server => await ChardevProbe.WhyNotListenAsync(chardev.Address, cancellationToken),
            _ => null,
        },
        chardev.Address is ChardevAddress.Unix { Abstract: false } file && IsSocket(file.Path),
        chardev.Address switch
        {
            ChardevAddress.Unix { Abstract: true } unix => proc.UnixSocketAt($"@{unix.Path}"),
            ChardevAddress.Unix unix => proc.UnixSocketAt(Path.GetFullPath(unix.Path)),
            _ => new UnixSocketUse(false, 0),
        });

    private static bool IsSocket(ChardevAddress.Fd fd, ProcFs proc) =>
        proc.FdTarget(Environment.ProcessId, fd.Number)?.StartsWith("socket:", StringComparison.Ordinal) == true;

    private static bool IsSocket(string path)
    {
        try
        {
            return ChardevAddress.IsSocket(path);
        }
        catch (LinuxException)
        {
            return false; // it cannot be looked at, which the problem tells
        }
    }
}
