namespace QmpRedirector.SystemTests.Kit;

/// <summary>
/// Frames whose only purpose is to find out whether a capture is on yet. They are told by their number, sent through the counted generator,
/// and so part of every account.
/// </summary>
internal static class Probe
{
    private const int First = 10_000_000;

    private static int _last = First;

    public static bool Is(int number) => number >= First;

    /// <summary>
    /// Sends probes until one arrives, and then the last one has: from here on every frame does. Returns how many were sent.
    /// </summary>
    public static async Task<int> UntilForwardedAsync(FrameSender sender, ChardevPeer peer)
    {
        var first = _last + 1;
        var last = 0;
        var sent = 0;
        await Eventually.ThatAsync(
            () =>
            {
                last = Interlocked.Increment(ref _last);
                sender.SendNumbered(last, 1);
                sent++;
                return peer.LastNumber >= first;
            },
            "a frame is forwarded");
        await Eventually.ThatAsync(() => peer.LastNumber == last, "the probes after the first that was forwarded are forwarded too");
        return sent;
    }

    /// <summary>The numbers a peer has received, probes left out, every frame checked byte for byte.</summary>
    public static int[] NumbersWithout(ChardevPeer peer) =>
        [.. peer.Frames.Select(frame => Frames.NumberOf(frame.Payload)).Where(number => !Is(number))];
}
