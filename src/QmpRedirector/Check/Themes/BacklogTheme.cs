using System.Globalization;
using QmpRedirector.Status;

namespace QmpRedirector.Check.Themes;

/// <summary>How much each redirector may hold for a peer that does not read at once.</summary>
internal static class BacklogTheme
{
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

    private static string Capacity(long bytes) => $"{Bytes(bytes)}: {BacklogCapacity.Long(bytes)}.";

    private static string Bytes(long bytes) => bytes >= 1 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB ({bytes} bytes)")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB ({bytes} bytes)");
}
