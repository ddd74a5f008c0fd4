using QmpRedirector.Vm;

namespace QmpRedirector.Check.Facts;

/// <summary>What QEMU's process has open of a TAP.</summary>
/// <param name="Pid">QEMU's process.</param>
/// <param name="HoldsTap">Whether one of its descriptors is this TAP; null when they may not be read.</param>
/// <param name="VhostDescriptors">How many /dev/vhost-net it has, for all its netdevs together; null when they may not be read.</param>
internal sealed record TapHolder(int Pid, bool? HoldsTap, int? VhostDescriptors)
{
    public static TapHolder Read(ProcFs proc, int pid, string ifname)
    {
        try
        {
            return new TapHolder(pid, proc.TunInterfaces(pid).Contains(ifname), proc.CountFds(pid, "/dev/vhost-net"));
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return new TapHolder(pid, null, null);
        }
    }
}
