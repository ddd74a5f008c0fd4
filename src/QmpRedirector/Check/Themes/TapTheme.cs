using QmpRedirector.Check.Facts;
using QmpRedirector.Net;
using QmpRedirector.Vm;

namespace QmpRedirector.Check.Themes;

/// <summary>The TAP of each netdev: found, how, of what kind, and whether frames can pass it.</summary>
internal static class TapTheme
{
    public static IEnumerable<Finding> Of(CheckContext context) =>
        context.Netdevs.Select(netdev => netdev.Tap is { } tap ? Judge(netdev, tap) : Absent(context, netdev));

    private static Finding Judge(NetdevFacts netdev, LinkInfo tap)
    {
        var queues = tap.IsMultiQueue
            ? $"multiqueue, {(netdev.Resolution.Queues > 1 ? $"{netdev.Resolution.Queues} queues in use, " : "")}captured together"
            : "one queue";
        var text = $"TAP {tap.Name}, interface {tap.Index} ({netdev.Resolution.How}); vnet_hdr={(tap.HasVnetHeader ? "on" : "off")}, "
            + $"{queues}";
        if (!tap.IsUp)
        {
            return new Finding(
                Mark.Warn, Subject(netdev), $"{text}. It is down: no frame passes it until it is up, and the capture begins then.",
                $"ip link set {tap.Name} up");
        }

        return tap.HasCarrier
            ? new Finding(Mark.Ok, Subject(netdev), $"{text}; up, with carrier.")
            : new Finding(
                Mark.Warn,
                Subject(netdev),
                $"{text}. It is up without carrier: nobody holds it open, and the kernel gives no frame to a capture.",
                netdev.IfnameOption is null ? null : "Give the TAP that QEMU holds with ifname=, or leave ifname= out.");
    }

    private static Finding Absent(CheckContext context, NetdevFacts netdev)
    {
        var mayCome = netdev.Resolution.Kind == NetdevResolutionKind.NotFound
            && (context.Options.Run.WaitNetdev || context.Vm?.Facts?.RunState is "inmigrate" or "prelaunch");
        return mayCome
            ? new Finding(Mark.Warn, Subject(netdev), $"{netdev.Resolution.Sentence} 'run' would wait for it.")
            : new Finding(
                Mark.Fail,
                Subject(netdev),
                netdev.Resolution.Sentence!,
                netdev.Resolution.Kind == NetdevResolutionKind.NotFound
                    ? $"Correct {(netdev.IfnameOption is null ? "netdev=" : "ifname=")}, or give --wait-netdev if it is to come later."
                    : null);
    }

    private static string Subject(NetdevFacts netdev) => $"{netdev.Name} tap";
}
