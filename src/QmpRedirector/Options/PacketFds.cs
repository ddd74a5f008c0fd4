using System.Globalization;

namespace QmpRedirector.Options;

/// <summary>The values of <c>--packet-fd</c>: which redirector captures with which inherited sockets.</summary>
internal static class PacketFds
{
    // A socket for frames of the common MTU, one for longer ones, and one for all while they are many.
    private const int Most = 3;

    /// <summary>The redirectors with their descriptors.</summary>
    /// <param name="values">ID=N each.</param>
    /// <param name="redirectors">Those there are.</param>
    /// <param name="report">Takes every error.</param>
    public static IReadOnlyList<RedirectorOptions> Give(
        IReadOnlyList<string> values, IReadOnlyList<RedirectorOptions> redirectors, OptionReport report)
    {
        List<(string Id, int Descriptor)> given = [];
        foreach (string value in values)
        {
            string origin = $"--packet-fd {OptionOrigin.Shown(value)}";
            string[] parts = value.Split('=');
            if (parts.Length != 2 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int descriptor))
                report.Error(origin, "give the id of a redirector and a descriptor, for example f0=3");
            else if (!redirectors.Any(redirector => redirector.Id == parts[0]))
                report.Error(origin, $"there is no --object of the id '{parts[0]}'");
            else if (given.Any(other => other.Descriptor == descriptor))
                report.Error(origin, $"descriptor {descriptor} is given already: each use needs a socket of its own");
            else if (given.Count(other => other.Id == parts[0]) == Most)
                report.Error(origin, $"redirector '{parts[0]}' has {Most} descriptors already, and has no use for more");
            else
                given.Add((parts[0], descriptor));
        }

        return [.. redirectors.Select(redirector => given.Any(pair => pair.Id == redirector.Id)
            ? redirector with { PacketFds = [.. given.Where(pair => pair.Id == redirector.Id).Select(static pair => pair.Descriptor)] }
            : redirector)];
    }
}
