using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using QmpRedirector.CommandLine;
using QmpRedirector.Options;

namespace QmpRedirector.Running;

/// <summary>What is written after the log has ended, as a reader of that log expects it: why the program failed, or its account.</summary>
internal static class LastWords
{
    public static string Line(LogFormat format, bool failed, string sentence, DateTimeOffset now) => format switch
    {
        LogFormat.Json => new JsonObject
        {
            ["Timestamp"] = now.UtcDateTime.ToString(JsonTimestamp, CultureInfo.InvariantCulture),
            ["LogLevel"] = (failed ? LogLevel.Error : LogLevel.Information).ToString(),
            ["Category"] = typeof(Sidecar).FullName,
            ["Message"] = sentence,
        }.ToJsonString(),
        // sd-daemon(3): SD_ERR, SD_INFO.
        LogFormat.Systemd => $"<{(failed ? 3 : 6)}>{Cli.Program}: {sentence}",
        _ => $"{Cli.Program}: {sentence}",
    };

    /// <summary>UTC, as JSON records carry it.</summary>
    public const string JsonTimestamp = "yyyy-MM-ddTHH:mm:ss.ffffffZ";
}
