using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>The packet sockets of a lab's namespace, those of senders too.</summary>
internal static class PacketSockets
{
    /// <summary>Those bound to what never comes.</summary>
    public static int Parked(Lab lab) => lab.Namespace.Run(static () => File.ReadAllLines("/proc/thread-self/net/packet")).Skip(1)
        .Count(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3] == "ffff");

    /// <summary>Rings of a process.</summary>
    public static int Rings(int process) => File.ReadAllLines($"/proc/{process}/maps").Count(static line => line.Contains(" socket:["));
}
