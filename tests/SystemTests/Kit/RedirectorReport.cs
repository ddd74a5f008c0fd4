using System.Globalization;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>One redirector's closing account, as the sidecar writes it to standard error when it ends.</summary>
internal sealed record RedirectorReport(string Id, IReadOnlyDictionary<string, string> Fields)
{
    private const string Prefix = "qmp-redirector: ";
    private const string DropPrefix = "dropped.";

    public long KernelSeen => Number("kernel_seen");

    public long KernelDropped => Number("kernel_dropped");

    public long Taken => Number("taken");

    public long Forwarded => Number("forwarded");

    /// <summary>Segments of forwarded super-frames, but for the last of each: with the forwarded the frames in the stream.</summary>
    public long ExtraSegments => Fields.ContainsKey("extra_segments") ? Number("extra_segments") : 0;

    public long Bytes => Number("bytes");

    public long InHand => Number("in_hand");

    public long InKernel => Number("in_kernel");

    /// <summary>Of the forwarded: stamped after the STOP that ended the capture, but gone before its event was here.</summary>
    public long Late => Number("late");

    /// <summary>Changes between rings of slots and of blocks.</summary>
    public long HandOvers => Fields.ContainsKey("hand_overs") ? Number("hand_overs") : 0;

    public long PartialBytes => Number("partial_bytes");

    /// <summary>With <c>--pcapng</c>: of the forwarded, those in the file.</summary>
    public long Recorded => Number("pcapng_recorded");

    /// <summary>With <c>--pcapng</c>: of the forwarded, those not in the file.</summary>
    public long Lost => Number("pcapng_lost");

    /// <summary>The sidecar's own opinion.</summary>
    public bool IdentitiesHold => Fields["identities"] == "ok";

    public long DroppedInAll => Fields.Keys.Where(key => key.StartsWith(DropPrefix, StringComparison.Ordinal)).Sum(Number);

    public long Dropped(string reason) => Fields.ContainsKey(DropPrefix + reason) ? Number(DropPrefix + reason) : 0;

    /// <summary>Finds the reports, by redirector, among whatever else was logged.</summary>
    public static IReadOnlyDictionary<string, RedirectorReport> ParseAll(string text) => text.Split('\n')
        .Where(line => line.StartsWith(Prefix, StringComparison.Ordinal) && line.Contains(" kernel_seen=", StringComparison.Ordinal))
        .Select(Parse)
        .ToDictionary(report => report.Id);

    /// <summary>The accounts of redirectors that were removed while it ran, from the log.</summary>
    public static IReadOnlyDictionary<string, RedirectorReport> ParseRemoved(string text) => text.Split('\n')
        .Select(line => line.Split("Removed by object-del: ", 2))
        .Where(parts => parts.Length == 2)
        .Select(parts => Parse(Prefix + parts[1]))
        .ToDictionary(report => report.Id);

    private static RedirectorReport Parse(string line)
    {
        var words = line[Prefix.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var fields = words.Skip(1).Select(word => word.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return new RedirectorReport(words[0].TrimEnd(':'), fields);
    }

    private long Number(string key) => long.Parse(Fields[key], CultureInfo.InvariantCulture);
}
