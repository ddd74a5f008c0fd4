namespace QmpRedirector.SystemTests.Kit;

/// <summary>
/// The accounting identities, checked against counts the sidecar has no part in: the generator's and the peers'.
/// </summary>
internal static class Accounting
{
    /// <summary>Exactly <paramref name="sent"/> frames passed the capture filter, and the peers have read all there was.</summary>
    public static void Holds(RedirectorReport report, long sent, params ChardevPeer[] peers) => Holds(report, sent, sent, peers);

    /// <summary>
    /// The same where arming or disarming fell into the traffic, so that the number that passed the filter is only bounded.
    /// </summary>
    public static void Holds(RedirectorReport report, long atLeast, long atMost, params ChardevPeer[] peers)
    {
        Balances(report);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.KernelSeen, Is.InRange(atLeast, atMost), "frames that passed the filter against frames the generator sent");
            Assert.That(peers.Sum(peer => (long)peer.Count), Is.EqualTo(report.Forwarded + report.ExtraSegments), "frames read by the peers");
            Assert.That(peers.Sum(peer => peer.BytesRead), Is.EqualTo(report.Bytes + report.PartialBytes), "bytes read by the peers");
        }
    }

    /// <summary>What the sidecar alone can be held to, when a peer went away with frames unread.</summary>
    public static void Balances(RedirectorReport report)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.KernelSeen, Is.EqualTo(report.Taken + report.KernelDropped + report.InKernel), $"kernel_seen: {report}");
            Assert.That(report.Taken, Is.EqualTo(report.Forwarded + report.DroppedInAll + report.InHand), $"taken: {report}");
            Assert.That(report.IdentitiesHold, Is.True, $"the sidecar's own check: {report}");
        }
    }
}
