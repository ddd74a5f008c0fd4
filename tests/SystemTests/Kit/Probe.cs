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

    /// <summary>Sends probes until one arrives: from then on every frame does. Returns how many were sent.</summary>
    public static async Task<int> UntilForwardedAsync(FrameSender sender, ChardevPeer peer)
    {
        var before = _last;
        var sent = 0;
        await Eventually.ThatAsync(
            () =>
            {
                sender.SendNumbered(Interlocked.Increment(ref _last), 1);
                sent++;
                return peer.LastNumber > before;
            },
            "a frame is forwarded");
        return sent;
    }

    /// <summary>The numbers a peer has received, probes left out, every frame checked byte for byte.</summary>
    public static int[] NumbersWithout(ChardevPeer peer) =>
        [.. peer.Frames.Select(frame => Frames.NumberOf(frame.Payload)).Where(number => !Is(number))];
}
