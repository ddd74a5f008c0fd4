using QmpRedirector.Options;

namespace QmpRedirector.Check.Themes;

/// <summary>What <c>queue=</c> means: QEMU, the kernel and people each name directions from another side.</summary>
internal static class DirectionTheme
{
    public static IEnumerable<Finding> Of(CheckContext context) =>
        context.Redirectors.Select(static redirector => new Finding(Mark.Ok, $"{redirector.Id} direction", redirector.Queue switch
        {
            QueueDirection.Tx => $"queue=tx: what netdev {redirector.Netdev} sends = towards the guest = PACKET_OUTGOING on the TAP.",
            QueueDirection.Rx => $"queue=rx: what netdev {redirector.Netdev} receives = from the guest = all but PACKET_OUTGOING on the "
                + "TAP.",
            _ => $"queue=all: both ways, towards the guest (tx, PACKET_OUTGOING on the TAP) and from it (rx, the rest), into one stream.",
        }));
}
