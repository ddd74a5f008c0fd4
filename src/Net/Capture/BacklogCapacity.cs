namespace QmpRedirector.Net;

/// <summary>What a backlog holds: each class of frame sizes has a ring of its own (docs/ARCHITECTURE.md).</summary>
/// <param name="Bytes">Kernel memory.</param>
/// <param name="Frames">From the shortest frames to the longest: the longest of the class in bytes, and how many.</param>
public sealed record BacklogCapacity(long Bytes, IReadOnlyList<(int LongestFrame, int Count)> Frames);
