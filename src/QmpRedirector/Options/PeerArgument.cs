using QmpRedirector.Net;

namespace QmpRedirector.Options;

/// <summary>The other end of a stream as <c>decode</c> and <c>send</c> take it: ADDR, or a chardev, since either side may listen.</summary>
internal static class PeerArgument
{
    /// <summary>Is it written as an address or a chardev, rather than as a bare path?</summary>
    public static bool IsPeer(string text) => IsChardev(text) || AddressText.IsAddress(text);

    /// <param name="text">What was given; a bare path is a UNIX socket's. An ADDR is a client that does not try again.</param>
    /// <param name="command">The chardev's id too.</param>
    /// <param name="report">Takes what is wrong with it.</param>
    public static ChardevOptions? Parse(string text, string command, OptionReport report)
    {
        if (IsChardev(text))
            return ChardevParser.Parse(text, command, report, command).Value;
        if (AddressText.Stream(text, out string sentence) is ChardevAddress address)
            return new ChardevOptions(command, address, false, false, null);
        report.Error($"{command} {OptionOrigin.Shown(text)}", sentence);
        return null;
    }

    private static bool IsChardev(string text) => text.StartsWith("socket,", StringComparison.Ordinal) || text.StartsWith('{');
}
