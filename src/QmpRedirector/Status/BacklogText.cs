using System.Globalization;
using QmpRedirector.Net;

namespace QmpRedirector.Status;

/// <summary>What a backlog holds, in frames and in seconds.</summary>
internal static class BacklogText
{
    private const double FramesPerSecond = 10_000;

    /// <summary>A sentence without its end.</summary>
    public static string Long(BacklogCapacity backlog) => string.Join(" and ", backlog.Frames.Select(static frames =>
        $"{Count(frames.Count)} frames of up to {frames.LongestFrame} bytes ({Seconds(frames.Count)} s at 10000 a second)"));

    /// <summary>The same for a line of <c>status</c>.</summary>
    public static string Short(BacklogCapacity backlog)
    {
        var first = backlog.Frames[0];
        var text = $"room for {Count(first.Count)} frames, {Seconds(first.Count)} s at 10 kfps";
        return backlog.Frames.Count == 1 ? text : $"{text}, and {Count(backlog.Frames[1].Count)} over {first.LongestFrame} B";
    }

    private static string Count(int frames) => frames.ToString(CultureInfo.InvariantCulture);

    private static string Seconds(int frames) => (frames / FramesPerSecond).ToString("0.###", CultureInfo.InvariantCulture);
}
