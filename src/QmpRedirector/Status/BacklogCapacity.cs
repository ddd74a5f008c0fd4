using System.Globalization;

namespace QmpRedirector.Status;

/// <summary>What a backlog of so many bytes holds, in frames and in seconds.</summary>
internal static class BacklogCapacity
{
    // What the kernel charges a receive buffer with (skb->truesize), measured: about 0.8 KiB for a small frame, 2.3 KiB for a full one.
    private const double SmallFrame = 0.8 * 1024;
    private const double FullFrame = 2.3 * 1024;
    private const double FramesPerSecond = 10_000;

    /// <summary>A sentence without its end.</summary>
    public static string Long(long bytes) =>
        $"about {Frames(bytes / SmallFrame)} small frames or {Frames(bytes / FullFrame)} full ones, "
        + $"{Seconds(bytes / SmallFrame)} s or {Seconds(bytes / FullFrame)} s at 10000 a second";

    /// <summary>The same for a line of <c>status</c>.</summary>
    public static string Short(long bytes) =>
        $"room for {Frames(bytes / FullFrame)} to {Frames(bytes / SmallFrame)} frames, {Seconds(bytes / FullFrame)} to "
        + $"{Seconds(bytes / SmallFrame)} s at 10 kfps";

    // Two digits are as much as "about" can bear.
    private static string Frames(double count)
    {
        var unit = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(Math.Max(count, 1))) - 1));
        return (Math.Floor(count / unit) * unit).ToString("0", CultureInfo.InvariantCulture);
    }

    private static string Seconds(double frames) =>
        (frames / FramesPerSecond).ToString(frames < FramesPerSecond ? "G2" : "0.#", CultureInfo.InvariantCulture);
}
