using System.Globalization;

namespace QmpRedirector.Benchmarks.Reporting;

/// <summary>How numbers are written.</summary>
internal static class Numbers
{
    /// <summary>Three digits that matter, and no more than three after the point.</summary>
    public static string Text(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("F0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("F1", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("F2", CultureInfo.InvariantCulture),
        _ => value.ToString("F3", CultureInfo.InvariantCulture),
    };

    public static string Thousands(double value) => Text(value / 1000);

    public static string Percent(double share) => share == 0 ? "0" : $"{Text(share * 100)} %";

    public static string Mebibytes(long kibibytes) => (kibibytes / 1024.0).ToString("F1", CultureInfo.InvariantCulture);
}
