using System.Globalization;

namespace QmpRedirector.Send;

/// <summary>What <c>send</c> says at its end.</summary>
internal static class SendReport
{
    /// <summary>The closing line, then a sentence for each reason something was skipped.</summary>
    public static IEnumerable<string> Lines(SendCounts counts, TimeSpan duration)
    {
        var reasons = Enum.GetValues<SkipReason>().Where(reason => counts.Skipped(reason) > 0).ToArray();
        var skipped = string.Join(", ", reasons.Select(reason => $"{counts.Skipped(reason)} {Name(reason)}"));
        var total = reasons.Sum(counts.Skipped);
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{Count(counts.Frames)}, {counts.Bytes} bytes sent in {duration.TotalSeconds:0.000} s");
        yield return total == 0 ? line : $"{line}; {total} skipped ({skipped})";
        foreach (var reason in reasons)
            yield return $"{Name(reason)}: {Sentence(reason)}";
    }

    public static string Count(long frames) => frames == 1 ? "1 frame" : $"{frames} frames";

    private static string Name(SkipReason reason) => reason switch
    {
        SkipReason.Truncated => "truncated",
        SkipReason.Oversize => "oversize",
        _ => "empty",
    };

    private static string Sentence(SkipReason reason) => reason switch
    {
        SkipReason.Truncated => "the file has only the beginning of these frames; capture them whole (tcpdump -s 0)",
        SkipReason.Oversize => "over 69632 bytes with the virtio-net header; QEMU would end its reading for good",
        _ => "frames without a byte; QEMU's queue would stand still behind one",
    };
}
