using System.Collections.Immutable;

namespace QmpRedirector.Net.Tests.Capture;

[TestFixture]
internal sealed class ForwarderSnapshotTests
{
    // 100 seen = 90 taken + 7 dropped by the kernel + 3 in it; 90 = 80 forwarded + 6 dropped + 4 in hand; 8000 + (80 + 5) * 8 + 21 bytes.
    private static readonly ForwarderSnapshot _balanced = new()
    {
        KernelSeen = 100, KernelDropped = 7, Taken = 90, TowardsGuest = new(60, 6000), FromGuest = new(30, 3000), Forwarded = 80,
        ForwardedBytes = 8000, ExtraSegments = 5, WrittenBytes = 8701, PartialBytes = 21,
        Dropped = Drops((DropReason.Disarmed, 4), (DropReason.Oversize, 2)), InHand = 4, Waiting = new(3, 2304), Late = 1, IdentitiesBroken = 0,
        RingsRemade = 0, HandOvers = 0, FramingBytes = 8, PeerConnected = true,
    };

    [Test]
    public void A_full_account_balances()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_balanced.IsBalanced, Is.True);
            Assert.That(_balanced.InKernel, Is.EqualTo(3));
            Assert.That(_balanced.DroppedTotal, Is.EqualTo(6));
        }
    }

    [Test]
    public void An_account_is_settled_when_the_rings_hold_what_the_counts_leave()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_balanced.IsSettled, Is.True);
            Assert.That((_balanced with { Waiting = new(2, 640) }).IsSettled, Is.False, "one is counted and not in its slot");
            Assert.That((_balanced with { Waiting = default, KernelSeen = 97 }).IsSettled, Is.True);
        }
    }

    private static IEnumerable<TestCaseData> OffByOne()
    {
        yield return Case("more taken than seen", _balanced with { KernelSeen = 96 });
        yield return Case("one more taken", _balanced with { Taken = 91 });
        yield return Case("one less taken", _balanced with { Taken = 89 });
        yield return Case("one more forwarded", _balanced with { Forwarded = 81 });
        yield return Case("one less in hand", _balanced with { InHand = 3 });
        yield return Case("one more dropped", _balanced with { Dropped = Drops((DropReason.Disarmed, 5), (DropReason.Oversize, 2)) });
        yield return Case("a byte more of frames", _balanced with { ForwardedBytes = 8001 });
        yield return Case("a byte less written", _balanced with { WrittenBytes = 8700 });
        yield return Case("a torn frame not counted", _balanced with { PartialBytes = 0 });
        yield return Case("a segment not counted", _balanced with { ExtraSegments = 4 });
        yield return Case("the other framing", _balanced with { FramingBytes = 4 });

        static TestCaseData Case(string name, ForwarderSnapshot account) =>
            new TestCaseData(account).SetName($"An_account_does_not_balance_with {name}");
    }

    [TestCaseSource(nameof(OffByOne))]
    public void An_account_that_is_off_by_one_does_not_balance(ForwarderSnapshot account) => Assert.That(account.IsBalanced, Is.False);

    private static ImmutableArray<long> Drops(params (DropReason Reason, long Count)[] drops)
    {
        var counts = new long[DropReasons.All.Count];
        foreach (var (reason, count) in drops)
            counts[(int)reason] = count;
        return [.. counts];
    }
}
