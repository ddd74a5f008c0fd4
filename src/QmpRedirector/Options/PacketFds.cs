using System.Globalization;

namespace QmpRedirector.Options;

/// <summary>The values of <c>--packet-fd</c>: which redirector captures with which inherited socket.</summary>
internal static class PacketFds
{
    /// <summary>The redirectors with their descriptors.</summary>
    /// <param name="values">ID=N each.</param>
    /// <param name="redirectors">Those there are.</param>
    /// <param name="report">Takes every error.</param>
    public static IReadOnlyList<RedirectorOptions> Give(
        IReadOnlyList<string> values, IReadOnlyList<RedirectorOptions> redirectors, OptionReport report)
    {
        Dictionary<string, int> given = new(StringComparer.Ordinal);
        foreach (string value in values)
        {
            string origin = $"--packet-fd {OptionOrigin.Shown(value)}";
            string[] parts = value.Split('=');
            if (parts.Length != 2 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int descriptor))
                report.Error(origin, "give the id of a redirector and a descriptor, for example f0=3");
            else if (!redirectors.Any(redirector => redirector.Id == parts[0]))
                report.Error(origin, $"there is no --object of the id '{parts[0]}'");
            else if (given.ContainsValue(descriptor))
                report.Error(origin, $"descriptor {descriptor} is another redirector's already: each needs a socket of its own");
            else if (!given.TryAdd(parts[0], descriptor))
                report.Error(origin, $"redirector '{parts[0]}' has a descriptor already");
        }

        return [.. redirectors.Select(redirector =>
            given.TryGetValue(redirector.Id, out int descriptor) ? redirector with { PacketFd = descriptor } : redirector)];
    }
}
