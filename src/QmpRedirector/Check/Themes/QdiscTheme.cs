using QmpRedirector.Check.Facts;
using QmpRedirector.Net;

namespace QmpRedirector.Check.Themes;

/// <summary>
/// The TAP's queueing discipline. A packet socket sees a frame when it leaves the qdisc. A kernel that stops the queue of a full TAP
/// instead of dropping would hold the frames for a stopped VM back before that.
/// </summary>
internal static class QdiscTheme
{
    // "tun/tap & vhost-net: apply qdisc backpressure on full ptr_ring" (S. Schippers, netdev): its versions 8 and 12 were posted on
    // 2026-03-12 and 2026-05-10, so no release before 7.1 can have it; whether one has is not known.
    private static readonly Version _firstPossible = new(7, 1);

    public static IEnumerable<Finding> Of(CheckContext context)
    {
        foreach (var netdev in context.Netdevs)
        {
            if (netdev.Tap is { Qdisc: { } qdisc } tap)
                yield return Judge(context, netdev, tap, qdisc);
        }
    }

    private static Finding Judge(CheckContext context, NetdevFacts netdev, LinkInfo tap, string qdisc)
    {
        var subject = $"{netdev.Name} qdisc";
        if (qdisc == "noqueue")
            return new Finding(Mark.Ok, subject, "noqueue: a full TAP drops frames, which have been captured by then.");
        var whenStopped = context.RedirectorsOf(netdev).Where(static r => r.EnableWhenStopped).Select(static r => r.Id).ToList();
        if (context.Host.KernelVersion is { } version && version < _firstPossible)
            return new Finding(Mark.Ok, subject, $"{qdisc}: this kernel drops what a full TAP cannot take, after it was captured.");
        if (whenStopped.Count == 0)
            return new Finding(Mark.Ok, subject, $"{qdisc}; it matters only to a redirector with enable_when_stopped=on.");
        return new Finding(
            Mark.Warn,
            subject,
            $"{qdisc}, on a kernel that may have the change \"tun/tap & vhost-net: apply qdisc backpressure on full ptr_ring\" (posted "
            + "in 2026; whether it was merged is not known here). With it a full TAP stops its queue instead of dropping, and while the "
            + $"VM is stopped only the first frames, about 1000, reach {string.Join(", ", whenStopped)}; without it nothing is lost.",
            $"tc qdisc replace dev {tap.Name} root noqueue");
    }
}
