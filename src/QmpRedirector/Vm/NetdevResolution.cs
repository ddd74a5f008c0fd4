namespace QmpRedirector.Vm;

/// <summary>What came of looking for a netdev's TAP.</summary>
/// <param name="Kind">Which of the properties below is meant.</param>
/// <param name="IfName">The TAP, only when found.</param>
/// <param name="Queues">Queues of the TAP that QEMU uses, 1 unless multiqueue; 0 unless found.</param>
/// <param name="How">Where the name was read, for people; null unless found.</param>
/// <param name="Sentence">What is wrong and what to do; null when found.</param>
internal sealed record NetdevResolution(NetdevResolutionKind Kind, string? IfName, int Queues, string? How, string? Sentence)
{
    public static NetdevResolution Found(string ifName, int queues, string how) =>
        new(NetdevResolutionKind.Found, ifName, queues, how, null);

    public static NetdevResolution NotFound(string sentence) => new(NetdevResolutionKind.NotFound, null, 0, null, sentence);

    public static NetdevResolution Refused(string sentence) => new(NetdevResolutionKind.Refused, null, 0, null, sentence);

    public static NetdevResolution Unreadable(string sentence) => new(NetdevResolutionKind.Unreadable, null, 0, null, sentence);
}
