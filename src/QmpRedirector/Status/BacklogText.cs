using System.Globalization;
using QmpRedirector.Net;

namespace QmpRedirector.Status;

/// <summary>What a backlog of so many bytes holds, in frames and in seconds.</summary>
internal static class BacklogText
{
    private const double FramesPerSecond = 10_000;

    /// <summary>A sentence without its end.</summary>
    public static string Long(long bytes)
    {
        var frames = BacklogCapacity.Of(bytes).Frames;
        return $"{Count(frames[0])} frames of up to {frames[0].LongestFrame} bytes and {Count(frames[1])} longer ones, "
            + $"{Seconds(frames[0])} and {Seconds(frames[1])} s at 10000 a second";
    }

    /// <summary>The same for a line of <c>status</c>.</summary>
    public static string Short(long bytes)
    {
        var frames = BacklogCapacity.Of(bytes).Frames;
        return $"room for {Count(frames[0])} frames, {Seconds(frames[0])} s at 10 kfps, and {Count(frames[1])} over {frames[0].LongestFrame} B";
    }

    private static string Count((int LongestFrame, int Count) frames) => frames.Count.ToString(CultureInfo.InvariantCulture);

    private static string Seconds((int LongestFrame, int Count) frames) =>
        (frames.Count / FramesPerSecond).ToString("0.###", CultureInfo.InvariantCulture);
}
