namespace QmpRedirector.Net;

/// <summary>
/// The interfaces there are, as far as announcements have told: when some were lost, a look at those there really are tells what the lost
/// ones said.
/// </summary>
internal sealed class KnownLinks
{
    private readonly Dictionary<int, LinkInfo> _links;

    internal KnownLinks(IEnumerable<LinkInfo> present) => _links = present.ToDictionary(static link => link.Index);

    internal void Take(LinkChangeKind kind, LinkInfo link)
    {
        if (kind == LinkChangeKind.Deleted)
            _links.Remove(link.Index);
        else
            _links[link.Index] = link;
    }

    /// <summary>What has changed since, deletions first: a link made again has the name of one that is gone.</summary>
    /// <param name="present">Those there are.</param>
    /// <param name="isThere">Asked of a known one that is not among them.</param>
    internal IReadOnlyList<LinkChange> CatchUp(IReadOnlyList<LinkInfo> present, Func<LinkInfo, bool> isThere)
    {
        var indexes = present.Select(static link => link.Index).ToHashSet();
        List<LinkChange> changes =
        [
            .. _links.Values.Where(link => !indexes.Contains(link.Index) && !isThere(link))
                .Select(static link => new LinkChange(LinkChangeKind.Deleted, link)),
            .. present.Where(link => _links.GetValueOrDefault(link.Index) != link)
                .Select(static link => new LinkChange(LinkChangeKind.Present, link)),
        ];
        foreach (var change in changes)
            Take(change.Kind, change.Link!);
        return changes;
    }
}
