namespace QmpRedirector.Net;

/// <summary>How many frames a backlog holds, by their size: each size has rings of its own (docs/ARCHITECTURE.md).</summary>
/// <param name="Frames">From the smallest size to the largest: the longest frame in bytes, and how many.</param>
public sealed record BacklogCapacity(IReadOnlyList<(int LongestFrame, int Count)> Frames)
{
    /// <summary>Of a backlog of so many bytes.</summary>
    public static BacklogCapacity Of(long bytes) => new(
        [.. FrameClass.ForSockets(FrameClass.Most).Select(size => (size.LongestFrame, size.RingFor(bytes).Slots))]);
}
