using QmpRedirector.Net;

namespace QmpRedirector.Check.Themes;

/// <summary>The address of <c>--metrics</c>. One that is not loopback never comes here: it is a wrong option.</summary>
internal static class MetricsTheme
{
    public static IEnumerable<Finding> Of(CheckContext context)
    {
        if (context.Metrics is not { } metrics)
            return [];
        var address = metrics.Options.Address;
        var finding = metrics switch
        {
            { Problem: { } problem } => new Finding(
                Mark.Fail,
                "metrics",
                $"{problem}.",
                "Choose an address this process may listen on; a path needs a directory it may write to."),
            { Use.Listens: true } => new Finding(
                Mark.Fail,
                "metrics",
                $"Somebody answers at {address} already, perhaps a running qmp-redirector: 'run' would not take its place.",
                "End the other first, or choose another path."),
            { SocketExists: true } => new Finding(Mark.Ok, "metrics", $"A stale socket is at {address}: 'run' replaces it, mode 0600."),
            { Options.Address: ChardevAddress.Fd } => new Finding(Mark.Ok, "metrics", $"{address} is a socket, to listen on."),
            { Options.Address: ChardevAddress.Inet } => new Finding(
                Mark.Ok,
                "metrics",
                $"{address} is free to listen on: http://{address.ToString()["tcp:".Length..]}/metrics, for whoever may use this host."),
            _ => new Finding(Mark.Ok, "metrics", $"{address} is free to listen on, for its owner alone (0600)."),
        };
        return [finding];
    }
}
