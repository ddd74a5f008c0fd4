using System.Net;
using QmpRedirector.Check.Facts;
using QmpRedirector.Net;

namespace QmpRedirector.Check.Themes;

/// <summary>
/// The addresses of <c>--control</c> and <c>--metrics</c>. Metrics elsewhere than on loopback never come here: that is a wrong option.
/// </summary>
internal static class ListenTheme
{
    public static IEnumerable<Finding> Of(CheckContext context) =>
        new[] { context.Control, context.Metrics }.OfType<ChardevFacts>().Select(Of);

    private static Finding Of(ChardevFacts listener)
    {
        var subject = listener.Options.Id;
        var address = listener.Options.Address;
        return listener switch
        {
            { Problem: { } problem } => new Finding(
                Mark.Fail,
                subject,
                $"{problem}.",
                "Choose an address this process may listen on; a path needs a directory it may write to."),
            { Use.Listens: true } => new Finding(
                Mark.Fail,
                subject,
                $"Somebody answers at {address} already, perhaps a running qmp-redirector: 'run' would not take its place.",
                "End the other first, or choose another path."),
            { SocketExists: true } => new Finding(Mark.Ok, subject, $"A stale socket is at {address}: 'run' replaces it, mode 0600."),
            { Options.Address: ChardevAddress.Fd } => new Finding(Mark.Ok, subject, $"{address} is a socket, to listen on."),
            { Options.Address: ChardevAddress.Inet inet } when subject == CheckSurvey.ControlId => IsLoopback(inet)
                ? new Finding(Mark.Ok, subject, $"{address} is free to listen on; whoever may use this host may control the redirectors.")
                : new Finding(
                    Mark.Warn,
                    subject,
                    $"{address} is free to listen on, but QMP asks nobody who he is: whoever reaches it controls the redirectors.",
                    "Use a Unix socket, or tcp:127.0.0.1:PORT."),
            { Options.Address: ChardevAddress.Inet } => new Finding(
                Mark.Ok,
                subject,
                $"{address} is free to listen on: http://{address.ToString()["tcp:".Length..]}/metrics, for whoever may use this host."),
            _ => new Finding(Mark.Ok, subject, $"{address} is free to listen on, for its owner alone (0600)."),
        };
    }

    private static bool IsLoopback(ChardevAddress.Inet address) =>
        address.Host == "localhost" || (IPAddress.TryParse(address.Host, out var host) && IPAddress.IsLoopback(host));
}
