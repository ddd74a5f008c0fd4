using QmpRedirector.Net.Interop;
using QmpRedirector.Options;
using QmpRedirector.Vm;

namespace QmpRedirector.Check.Facts;

/// <summary>The kernel and this process.</summary>
/// <param name="KernelRelease">As uname -r; null when it may not be read.</param>
/// <param name="Capabilities">The effective ones, a bit each.</param>
/// <param name="HasPidfd">Whether the kernel has pidfd_open(2).</param>
/// <param name="Capture">What a packet socket with the smallest backlog is granted.</param>
/// <param name="Captures">The same with the backlog of each redirector, by its id.</param>
internal sealed record HostFacts(
    string? KernelRelease,
    ulong Capabilities,
    bool HasPidfd,
    CaptureSupport Capture,
    IReadOnlyDictionary<string, CaptureSupport> Captures)
{
    // linux/capability.h
    public const int CapNetRaw = 13;

    /// <summary>The kernel's version, as far as its release begins with one; null when it does not.</summary>
    public Version? KernelVersion
    {
        get
        {
            var parts = (KernelRelease ?? "").Split('.', '-', '+', '_');
            return parts.Length > 1 && int.TryParse(parts[0], out var major) && int.TryParse(parts[1], out var minor)
                ? new Version(major, minor)
                : null;
        }
    }

    public bool Has(int capability) => (Capabilities & (1UL << capability)) != 0;

    public static HostFacts Read(ProcFs proc, IEnumerable<RedirectorOptions> redirectors) => new(
        proc.KernelRelease,
        proc.EffectiveCapabilities,
        ProcessExit.IsSupported,
        CaptureProbe.Try(0),
        redirectors.ToDictionary(static redirector => redirector.Id, static redirector => CaptureProbe.Try(redirector.Backlog)));
}
