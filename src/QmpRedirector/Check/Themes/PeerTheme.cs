using QmpRedirector.Check.Facts;

namespace QmpRedirector.Check.Themes;

/// <summary>The consumer's QEMU as a whole.</summary>
internal static class PeerTheme
{
    public static IEnumerable<Finding> Of(CheckContext context) => context.Peer switch
    {
        null => [],
        { Facts: { } peer } asked =>
        [
            new Finding(
                Mark.Ok,
                "peer",
                $"{VmFacts.VersionText(peer.Greeting)} at {asked.Address}. "
                + (peer.ReadsOnlyOneConnection
                    ? "It never reads an indev again after its first disconnect: after a restart of the sidecar, delete its "
                    + "filter-redirector and add it again."
                    : "It reads its indev again after a disconnect.")),
        ],
        { Problem: var problem } =>
        [
            new Finding(
                Mark.Warn,
                "peer",
                $"The consumer was not asked: {problem!.Message}",
                "Give --peer-qmp a QMP socket of the consumer's QEMU that nobody else uses."),
        ],
    };
}
