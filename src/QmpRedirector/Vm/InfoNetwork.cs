using System.Globalization;

namespace QmpRedirector.Vm;

/// <summary>
/// Reads the text of QEMU's monitor command <c>info network</c>, the only place where QEMU tells what a netdev is made of
/// (net/net.c, print_net_client; net/hub.c, net_hub_info). Lines it does not know are left out, not errors.
/// </summary>
internal static class InfoNetwork
{
    private const string PeerMark = " \\ ";

    public static IReadOnlyList<InfoNetworkClient> Parse(string text)
    {
        var clients = new List<InfoNetworkClient>();
        var inHub = false;
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.TrimEnd('\r');
            var isPeer = line.StartsWith(PeerMark, StringComparison.Ordinal);
            if (isPeer)
                line = line[PeerMark.Length..];
            else if (line.StartsWith(' '))
                continue; // a filter, "  - f0: type=filter-mirror,..."
            else if (line != "filters:")
                inHub = line.StartsWith("hub ", StringComparison.Ordinal) && !line.Contains(':', StringComparison.Ordinal);
            if (isPeer && inHub)
                line = TakeHubPort(line, clients);
            if (ParseClient(line) is { } client)
                clients.Add(client);
        }
        return clients;
    }

    // "PORT" alone, or "PORT: " before the client plugged into it.
    private static string TakeHubPort(string line, List<InfoNetworkClient> clients)
    {
        var end = line.IndexOf(": ", StringComparison.Ordinal);
        clients.Add(new InfoNetworkClient(end < 0 ? line : line[..end], "hubport", 0, ""));
        return end < 0 ? "" : line[(end + 2)..];
    }

    // "NAME: index=N,type=TYPE,DETAILS"; an id cannot contain a colon, while details can contain anything.
    private static InfoNetworkClient? ParseClient(string line)
    {
        const string IndexMark = ": index=";
        const string TypeMark = ",type=";
        var index = line.IndexOf(IndexMark, StringComparison.Ordinal);
        var type = index < 0 ? -1 : line.IndexOf(TypeMark, index, StringComparison.Ordinal);
        if (index <= 0 || type < 0)
            return null;
        var number = line.AsSpan(index + IndexMark.Length, type - index - IndexMark.Length);
        if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var queue))
            return null;
        var rest = line[(type + TypeMark.Length)..];
        var comma = rest.IndexOf(',', StringComparison.Ordinal);
        return comma < 0
            ? new InfoNetworkClient(line[..index], rest, queue, "")
            : new InfoNetworkClient(line[..index], rest[..comma], queue, rest[(comma + 1)..]);
    }
}
