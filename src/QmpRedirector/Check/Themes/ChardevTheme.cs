using QmpRedirector.Check.Facts;
using QmpRedirector.Net;

namespace QmpRedirector.Check.Themes;

/// <summary>The addresses of the chardevs. Nothing is connected to: what listens there may read one connection in its life.</summary>
internal static class ChardevTheme
{
    public static IEnumerable<Finding> Of(CheckContext context) =>
        context.Chardevs.Select(static chardev => chardev.Options.Server ? Server(chardev) : Client(chardev));

    private static Finding Server(ChardevFacts chardev)
    {
        var id = chardev.Options.Id;
        if (chardev.Problem is { } problem)
            return new Finding(Mark.Fail, id, $"{problem}.",
                "Choose an address this process may listen on; a path needs a directory it may write to.");
        var wait = chardev.Options.Wait ? " 'run' is not ready before a peer has connected (wait=on)." : "";
        if (chardev.Use.Listens)
        {
            return new Finding(
                Mark.Warn,
                id,
                $"Somebody listens at {chardev.Options.Address} already ({Connected(chardev.Use.Connections)}), perhaps a running "
                + $"qmp-redirector: 'run' would take the path over, and no more peers would reach the other.{wait}",
                "End the other first, or choose another path.");
        }

        return new Finding(Mark.Ok, id, chardev.SocketExists
            ? $"A stale socket is at {chardev.Options.Address}: 'run' replaces it.{wait}"
            : chardev.Options.Address is ChardevAddress.Fd ? $"{chardev.Options.Address} is a socket, to listen on.{wait}"
            : $"{chardev.Options.Address} is free to listen on.{wait}");
    }

    private static Finding Client(ChardevFacts chardev)
    {
        var id = chardev.Options.Id;
        var address = chardev.Options.Address;
        if (chardev.Problem is { } problem)
            return Unanswered(chardev, $"{problem}.");
        switch (address)
        {
            case ChardevAddress.Inet:
                return new Finding(
                    Mark.Warn,
                    id,
                    $"{address} was not tried: a connection only to look could be the one its reader ever reads (QEMU before 11.0 never "
                    + "reads an indev again after its first disconnect)."
                    + (chardev.Options.Reconnect is null
                        ? " If nobody listens there, 'run' ends at once: the chardev has no reconnect."
                        : ""),
                    "If the reader is a QEMU, --peer-qmp asks it instead.");
            case ChardevAddress.Fd:
                return new Finding(Mark.Ok, id, $"{address} is a socket; it was not tried.");
        }

        if (!chardev.Use.Listens)
            return Unanswered(chardev, $"Nobody is seen listening at {address}.");
        return chardev.Use.Connections == 0
            ? new Finding(Mark.Ok, id, $"Somebody listens at {address}, and nobody is connected.")
            : new Finding(
                Mark.Warn,
                id,
                $"Somebody listens at {address}, and {Connected(chardev.Use.Connections)}: QEMU reads one connection of a chardev at a "
                + "time, so frames would wait in the backlog until the other leaves.",
                "End the other first.");
    }

    private static Finding Unanswered(ChardevFacts chardev, string text) => chardev.Options.Reconnect is { } interval
        ? new Finding(
            Mark.Warn,
            chardev.Options.Id,
            $"{text} 'run' would try again every {interval.TotalSeconds} s (reconnect), and drop what is captured meanwhile.",
            "Start the reader, which has to listen there.")
        : new Finding(
            Mark.Fail, chardev.Options.Id, text, "Start the reader first, which has to listen there, or give the chardev reconnect=1.");

    private static string Connected(int count) => count switch
    {
        0 => "nobody is connected",
        1 => "one peer is connected",
        _ => $"{count} peers are connected or waiting",
    };
}
