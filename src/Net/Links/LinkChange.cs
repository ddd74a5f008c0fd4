namespace QmpRedirector.Net;

/// <summary>One announcement of rtnetlink.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Link">The interface; null for <see cref="LinkChangeKind.Lost"/>.</param>
public sealed record LinkChange(LinkChangeKind Kind, LinkInfo? Link)
{
    /// <summary>Announcements were lost: whoever asked another for a link's name asks again.</summary>
    public static LinkChange Lost { get; } = new(LinkChangeKind.Lost, null);
}
