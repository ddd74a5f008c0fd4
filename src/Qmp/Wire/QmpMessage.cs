using System.Text.Json;

namespace QmpRedirector.Qmp.Wire;

/// <summary>Reads the parts of QMP messages; pure functions over parsed JSON (QEMU docs/interop/qmp-spec).</summary>
internal static class QmpMessage
{
    /// <summary>Reads a greeting's content.</summary>
    /// <exception cref="QmpProtocolException">It is not one.</exception>
    public static QmpGreeting ReadGreeting(JsonElement qmp)
    {
        if (Member(qmp, "version") is not { } version || Member(version, "qemu") is not { } qemu
            || Small(qemu, "major") is not { } major || Small(qemu, "minor") is not { } minor || Small(qemu, "micro") is not { } micro
            || Member(qmp, "capabilities") is not { ValueKind: JsonValueKind.Array } offered)
        {
            throw new QmpProtocolException("The peer's QMP greeting lacks its version or its capabilities.");
        }
        var package = Text(version, "package") ?? "";
        string[] capabilities = [.. offered.EnumerateArray().Where(c => c.ValueKind == JsonValueKind.String).Select(c => c.GetString()!)];
        return new QmpGreeting(major, minor, micro, package, capabilities);
    }

    /// <summary>Reads an event whose <paramref name="name"/> is known.</summary>
    public static QmpEvent ReadEvent(string name, JsonElement message, long sequence)
    {
        var data = Member(message, "data") ?? default;
        return new QmpEvent(name, data.ValueKind == JsonValueKind.String ? ReadEmbedded(data) : data, ReadTimestamp(message), sequence);
    }

    public static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : null;

    public static string? Text(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static int? Small(JsonElement element, string name) =>
        Number(element, name) is >= 0 and <= 9999 and { } value ? (int)value : null;

    private static long? Number(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : null;

    // libvirt's virt-qemu-qmp-proxy passes on the data as libvirt's API gives it to it: JSON in a string.
    private static JsonElement ReadEmbedded(JsonElement text)
    {
        try
        {
            return JsonElement.Parse(text.GetString()!, new JsonDocumentOptions { MaxDepth = QmpMessageBuffer.MaxDepth });
        }
        catch (JsonException)
        {
            return text;
        }
    }

    // QEMU writes -1 in both when gettimeofday fails (qapi/qmp-event.c).
    private static long? ReadTimestamp(JsonElement message) =>
        Member(message, "timestamp") is { } stamp
            && Number(stamp, "seconds") is >= 0 and <= long.MaxValue / 1_000_000_000 - 1 and { } seconds
            && Number(stamp, "microseconds") is >= 0 and < 1_000_000 and { } microseconds
            ? seconds * 1_000_000_000 + microseconds * 1_000
            : null;
}
