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
            var capture = context.Host.Captures[redirector.Id];
            var subject = $"{redirector.Id} backlog";
            if (capture.Backlog is { } backlog)
                yield return new Finding(Mark.Ok, subject, $"{Bytes(backlog.Bytes)}: {BacklogText.Long(backlog)}.");
            else if (context.Host.Capture.Refused.Count == 0 && capture.Refused is [var refused, ..])
            {
                yield return new Finding(
                    Mark.Fail,
                    subject,
                    $"The kernel does not give the memory for {Bytes(redirector.Backlog)}: {refused.Message}.",
                    "Ask for less with backlog=, or free memory: it cannot be swapped out.");
            }
        }
    }

    private static string Bytes(long bytes) => bytes >= 1 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB ({bytes} bytes)")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB ({bytes} bytes)");
}
