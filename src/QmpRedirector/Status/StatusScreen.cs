using System.Globalization;
using System.Text;
using System.Text.Json;
using QmpRedirector.Net;

namespace QmpRedirector.Status;

/// <summary>Draws a sample as text of a given width: one block for the VM, one for each redirector. Pure.</summary>
internal static class StatusScreen
{
    // Where values begin; lines too long go on below it.
    private const int Column = 16;
    private const int LabelColumn = 5;

    /// <param name="now">What to draw.</param>
    /// <param name="before">An earlier sample of the same sidecar, for the rates; null draws none.</param>
    /// <param name="seconds">From <paramref name="before"/> to <paramref name="now"/>.</param>
    /// <param name="zone">Of the times shown.</param>
    /// <param name="width">Columns; longer lines are broken between words.</param>
    public static string Draw(StatusSample now, StatusSample? before, double seconds, TimeZoneInfo zone, int width)
    {
        var screen = new StringBuilder();
        foreach (var line in Lines(now, before, seconds, zone))
            Append(screen, line, width);
        return screen.ToString();
    }

    private static IEnumerable<string> Lines(StatusSample now, StatusSample? before, double seconds, TimeZoneInfo zone)
    {
        yield return $"VM   {Text(now.Status, "status")}";
        yield return $"QMP  {Qmp(now.Status.GetProperty("qmp"))}";
        var redirectors = now.Status.GetProperty("redirectors");
        if (redirectors.GetArrayLength() == 0)
            yield return "no redirectors: add one with object-add";
        foreach (var state in redirectors.EnumerateArray())
        {
            var id = Text(state, "name");
            yield return "";
            yield return $"{id,-4} {Activity(state)}";
            yield return Line("filter", $"netdev={Text(state, "netdev")} queue={Text(state, "queue")}{Since(state, zone)}");
            if (Find(now.Statistics, "name", id) is { } account)
            {
                foreach (var line in Account(account, before is null ? null : Find(before.Statistics, "name", id), seconds, state))
                    yield return line;
            }

            if (Find(now.Chardevs, "label", Text(state, "outdev")) is { } chardev)
                yield return Line("peer", Peer(chardev));
        }
    }

    private static string Qmp(JsonElement qmp)
    {
        var process = qmp.GetProperty("pid").ValueKind == JsonValueKind.Number ? $", process {Number(qmp, "pid")}" : "";
        var version = Text(qmp, "version") is { Length: > 0 } known ? $" QEMU {known}" : "";
        return Text(qmp, "phase") switch
        {
            "following" => $"following{version}{process}, {Text(qmp, "address")}",
            "lost" => $"lost, trying again; the state above is the last known{process}, {Text(qmp, "address")}",
            "gone" => $"QEMU has ended, waiting for another, {Text(qmp, "address")}",
            _ => $"waiting for QEMU, {Text(qmp, "address")}",
        };
    }

    private static string Activity(JsonElement state)
    {
        var tap = Text(state, "ifname") is { Length: > 0 } ifname ? $" on {ifname}" : "";
        var header = state.GetProperty("vnet-hdr-len").ValueKind == JsonValueKind.Number
            ? $", {Number(state, "vnet-hdr-len")}-byte vnet header" : "";
        return state.GetProperty("active").GetBoolean() ? $"active{tap}{header}" : $"inactive{tap}: {Text(state, "reason")}";
    }

    private static string Since(JsonElement state, TimeZoneInfo zone)
    {
        if (Text(state, "cause") is not { Length: > 0 } cause)
            return "";
        var at = DateTimeOffset.FromUnixTimeSeconds(Number(state.GetProperty("since"), "seconds"));
        return $", {(state.GetProperty("active").GetBoolean() ? "armed" : "disarmed")} "
            + TimeZoneInfo.ConvertTime(at, zone).ToString("MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + $" ({cause})";
    }

    private static IEnumerable<string> Account(JsonElement account, JsonElement? before, double seconds, JsonElement state)
    {
        var forwarded = account.GetProperty("counters")[0];
        var rates = "";
        var dropRate = "";
        if (before is { } then && seconds > 0)
        {
            var earlier = then.GetProperty("counters")[0];
            rates = $"; now {Quantities.Frames(Math.Max(0, Number(forwarded, "packets") - Number(earlier, "packets")) / seconds)}"
                + $", {Quantities.Bits(Math.Max(0, Number(forwarded, "bytes") - Number(earlier, "bytes")) / seconds)}";
            var drops = Drops(account).Sum(d => d.Count) - Drops(then).Sum(d => d.Count);
            dropRate = drops > 0 ? $"; now {Quantities.Frames(drops / seconds)}" : "";
        }

        yield return Line("forwarded", $"{Quantities.Count(Number(forwarded, "packets"))} frames, {Quantities.Bytes(Number(forwarded, "bytes"))}{rates}");
        var dropped = string.Join(", ", Drops(account).Where(d => d.Count > 0).Select(d => $"{Quantities.Count(d.Count)} {d.Name}"));
        yield return Line("dropped", dropped.Length == 0 ? "none" : dropped + dropRate);
        if (Number(account, "late") is > 0 and var late)
            yield return Line("late", $"{Quantities.Count(late)} frames of a stopped VM were sent before its STOP was known");
        var granted = Number(state, "backlog");
        yield return Line(
            "backlog",
            $"{Quantities.Count(Number(account, "in-kernel") + Number(account, "in-hand"))} frames, "
            + $"{Quantities.Bytes(Number(account, "queued-bytes"))} of {Quantities.Bytes(granted)}");
        yield return Line("", BacklogText.Short(new BacklogCapacity(granted,
            [.. state.GetProperty("backlog-frames").EnumerateArray().Select(static f => ((int)Number(f, "up-to"), (int)Number(f, "frames")))])));
        if (!account.GetProperty("balanced").GetBoolean())
            yield return Line("defect", "the account does not balance: please report this");
    }

    private static IEnumerable<(string Name, long Count)> Drops(JsonElement account) => account.GetProperty("dropped").EnumerateObject()
        .Select(r => (r.Name, Count: r.Value.GetInt64()))
        .Prepend((Name: "kernel (backlog full)", Count: Number(account, "kernel-dropped")));

    private static string Peer(JsonElement chardev)
    {
        const string Absent = "disconnected:";
        var filename = Text(chardev, "filename");
        return filename.StartsWith(Absent, StringComparison.Ordinal)
            ? $"none on {Text(chardev, "label")}, {filename[Absent.Length..]}"
            : $"connected to {Text(chardev, "label")}, {filename}";
    }

    private static string Line(string label, string value) => $"{new string(' ', LabelColumn)}{label,-(Column - LabelColumn)}{value}";

    private static void Append(StringBuilder screen, string line, int width)
    {
        while (line.Length > width)
        {
            var space = line.LastIndexOf(' ', width, width - Column);
            var end = space < 0 ? width : space;
            screen.Append(line.AsSpan(0, end)).Append('\n');
            line = new string(' ', Column) + line[(space < 0 ? end : end + 1)..];
        }

        screen.Append(line).Append('\n');
    }

    private static JsonElement? Find(JsonElement array, string member, string value)
    {
        foreach (var element in array.EnumerateArray())
        {
            if (Text(element, member) == value)
                return element;
        }

        return null;
    }

    private static string Text(JsonElement element, string member) =>
        element.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static long Number(JsonElement element, string member) => element.GetProperty(member).GetInt64();
}
