using QmpRedirector.Check.Facts;
using QmpRedirector.Net;

namespace QmpRedirector.Check.Themes;

/// <summary>Who moves the guest's frames, vhost or QEMU, and whether QEMU's own filter would do.</summary>
internal static class HolderTheme
{
    public static IEnumerable<Finding> Of(CheckContext context)
    {
        foreach (var netdev in context.Netdevs)
        {
            if (netdev.Tap is { } tap && netdev.Holder is { } holder)
                yield return Judge(netdev, tap, holder);
        }
    }

    private static Finding Judge(NetdevFacts netdev, LinkInfo tap, TapHolder holder)
    {
        var subject = $"{netdev.Name} holder";
        if (holder.HoldsTap == false)
        {
            return new Finding(
                Mark.Warn, subject, $"QEMU (process {holder.Pid}) does not hold {tap.Name} open: what is captured there may not be this "
                    + "guest's.",
                "Give the TAP that QEMU holds with ifname=, or leave ifname= out.");
        }

        // The filter's own sentences (net/filter.c, netfilter_complete).
        var refusal = netdev.Resolution.Queues > 1 ? " QEMU's own filter refuses it: \"multiqueue is not supported\"." : "";
        var vhostRefusal = " QEMU's own filter refuses it: \"Vhost is not supported\".";
        return new Finding(Mark.Ok, subject, (netdev.Header?.VhostStarted, holder.VhostDescriptors) switch
        {
            (true, _) => $"vhost moves its frames now (vhost-started).{vhostRefusal}",
            (_, 0) => "QEMU moves its frames itself (it has no /dev/vhost-net open)."
                + (refusal.Length > 0 ? refusal : " QEMU's own filter-redirector would work here too."),
            (_, null) => $"Whether vhost moves its frames is not known: the descriptors of QEMU (process {holder.Pid}) may not be read.",
            (_, { } count) =>
                $"vhost is not moving its frames now; QEMU has {count} /dev/vhost-net open, so with vhost=on it will while the VM runs "
                + $"and the guest's driver is up.{vhostRefusal.Replace("refuses", "then refuses", StringComparison.Ordinal)}",
        });
    }
}
