using System.Text;
using System.Text.Json;

namespace QmpRedirector.Status;

/// <summary>Draws a sample as text of a given width: one block for the VM, one for each redirector. Pure.</summary>
internal static class StatusScreen
{
    private const string Indent = "    ";

    /// <param name="now">What to draw.</param>
    /// <param name="before">An earlier sample of the same sidecar, for the rates; null draws none.</param>
    /// <param name="seconds">From <paramref name="before"/> to <paramref name="now"/>.</param>
    /// <param name="width">Columns; longer lines are cut.</param>
    public static string Draw(StatusSample now, StatusSample? before, double seconds, int width)
    {
        var lines = new List<string>();
        DrawVm(lines, now.Status);
        foreach (var redirector in now.Status.GetProperty("redirectors").EnumerateArray())
        {
            lines.Add("");
            var id = Text(redirector, "name");
            DrawRedirector(lines, redirector, Find(now.Statistics, "name", id), before is null ? null : Find(before.Statistics, "name", id), seconds);
            DrawPeer(lines, Find(now.Chardevs, "label", Text(redirector, "outdev")));
        }

        if (now.Status.GetProperty("redirectors").GetArrayLength() == 0)
            lines.Add("no redirectors: add one with object-add");
        var screen = new StringBuilder();
        foreach (var line in lines)
            screen.Append(line.Length > width ? string.Concat(line.AsSpan(0, width - 1), "…") : line).Append('\n');
        return screen.ToString();
    }

    private static void DrawVm(List<string> lines, JsonElement status)
    {
        var qmp = status.GetProperty("qmp");
        var process = qmp.GetProperty("pid").ValueKind == JsonValueKind.Number ? $", process {qmp.GetProperty("pid").GetInt32()}" : "";
        lines.Add($"VM   {Text(status, "status")}");
        lines.Add($"QMP  {Text(qmp, "phase")} {Text(qmp, "address")}{process}");
    }

    private static void DrawRedirector(List<string> lines, JsonElement state, JsonElement? found, JsonElement? before, double seconds)
    {
        var active = state.GetProperty("active").GetBoolean();
        var tap = Text(state, "ifname") is { Length: > 0 } ifname ? $" on {ifname}" : "";
        var cause = Text(state, "cause") is { Length: > 0 } text ? $" (since {text})" : "";
        lines.Add(active
            ? $"{Text(state, "name"),-4}active{tap}, queue={Text(state, "queue")}{Header(state)}{cause}"
            : $"{Text(state, "name"),-4}inactive: {Text(state, "reason")}{tap}{cause}");
        if (found is not { } account)
            return;
        var forwarded = account.GetProperty("counters")[0];
        var line = $"{Indent}forwarded  {Quantities.Count(Number(forwarded, "packets"))} frames, {Quantities.Bytes(Number(forwarded, "bytes"))}";
        if (before is { } earlier && seconds > 0)
        {
            var then = earlier.GetProperty("counters")[0];
            line += $"; {Quantities.Frames((Number(forwarded, "packets") - Number(then, "packets")) / seconds)}"
                + $", {Quantities.Bits((Number(forwarded, "bytes") - Number(then, "bytes")) / seconds)}";
        }

        lines.Add(line);
        lines.Add($"{Indent}dropped    {Dropped(account)}");
        lines.Add($"{Indent}backlog    {Backlog(account, Number(state, "backlog"))}");
        if (!account.GetProperty("balanced").GetBoolean())
            lines.Add($"{Indent}the account does not balance: please report this");
    }

    private static string Header(JsonElement state) =>
        state.GetProperty("vnet-hdr-len").ValueKind == JsonValueKind.Number ? $", {Number(state, "vnet-hdr-len")}-byte vnet header" : "";

    private static string Dropped(JsonElement account)
    {
        var reasons = account.GetProperty("dropped").EnumerateObject()
            .Select(r => (r.Name, Count: r.Value.GetInt64()))
            .Prepend((Name: "kernel (backlog full)", Count: Number(account, "kernel-dropped")))
            .Where(r => r.Count > 0)
            .Select(r => $"{Quantities.Count(r.Count)} {r.Name}");
        var text = string.Join(", ", reasons);
        return text.Length == 0 ? "none" : text;
    }

    private static string Backlog(JsonElement account, long granted)
    {
        var frames = Number(account, "in-kernel") + Number(account, "in-hand");
        return $"{Quantities.Count(frames)} frames, {Quantities.Bytes(Number(account, "queued-bytes"))} of {Quantities.Bytes(granted)}";
    }

    private static void DrawPeer(List<string> lines, JsonElement? chardev)
    {
        if (chardev is not { } peer)
            return;
        const string Absent = "disconnected:";
        var filename = Text(peer, "filename");
        lines.Add(filename.StartsWith(Absent, StringComparison.Ordinal)
            ? $"{Indent}peer       none on {Text(peer, "label")}, {filename[Absent.Length..]}"
            : $"{Indent}peer       connected to {Text(peer, "label")}, {filename}");
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
