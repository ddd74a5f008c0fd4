using System.Globalization;

namespace QmpRedirector.Check.Themes;

/// <summary>How much each redirector may hold for a peer that does not read at once.</summary>
internal static class BacklogTheme
{
    // What the kernel charges a receive buffer with (skb->truesize), measured: about 0.8 KiB for a small frame, 2.3 KiB for a full one.
    private const double SmallFrame = 0.8 * 1024;
    private const double FullFrame = 2.3 * 1024;
    private const double FramesPerSecond = 10_000;

    public static IEnumerable<Finding> Of(CheckContext context)
    {
        foreach (var redirector in context.Redirectors)
        {
            var granted = context.Host.Captures[redirector.Id].GrantedBacklog;
            if (granted == 0)
                continue;
            var subject = $"{redirector.Id} backlog";
            yield return granted >= redirector.Backlog
                ? new Finding(Mark.Ok, subject, Capacity(granted))
                : new Finding(
                    Mark.Warn,
                    subject,
                    $"The kernel grants {Capacity(granted)} Asked for: {Bytes(redirector.Backlog)}. A burst that the peer does not take "
                    + "at once is dropped earlier, and counted as kernel_dropped.",

                    // SO_RCVBUF is capped at rmem_max and then doubled (socket(7)).
                    $"Grant CAP_NET_ADMIN, or: sysctl -w net.core.rmem_max={(redirector.Backlog + 1) / 2}"
                    + $"{(context.Host.RmemMax is { } now ? $" (it is {now})" : "")}, or ask for less with backlog=.");
        }
    }

    private static string Capacity(long bytes) =>
        $"{Bytes(bytes)}: about {Frames(bytes / SmallFrame)} small frames or {Frames(bytes / FullFrame)} full ones, "
        + $"{Seconds(bytes / SmallFrame)} or {Seconds(bytes / FullFrame)} at 10000 a second.";

    private static string Bytes(long bytes) => bytes >= 1 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB ({bytes} bytes)")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB ({bytes} bytes)");

    // Two digits are as much as "about" can bear.
    private static string Frames(double count)
    {
        var unit = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(Math.Max(count, 1))) - 1));
        return (Math.Floor(count / unit) * unit).ToString("0", CultureInfo.InvariantCulture);
    }

    private static string Seconds(double frames) =>
        (frames / FramesPerSecond).ToString(frames < FramesPerSecond ? "G2" : "0.#", CultureInfo.InvariantCulture) + " s";
}
