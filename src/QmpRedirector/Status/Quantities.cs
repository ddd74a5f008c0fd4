using System.Globalization;

namespace QmpRedirector.Status;

/// <summary>Numbers as people read them.</summary>
internal static class Quantities
{
    private static readonly string[] _binary = ["B", "KiB", "MiB", "GiB", "TiB"];
    private static readonly string[] _decimal = ["", "k", "M", "G", "T"];

    /// <summary>1,234,567.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>1.2 MiB.</summary>
    public static string Bytes(long value) => Scaled(value, 1024, _binary, "0.#");

    /// <summary>98.1 Mbit/s of bytes a second.</summary>
    public static string Bits(double bytesPerSecond) => Scaled(bytesPerSecond * 8, 1000, _decimal, "0.0") + "bit/s";

    /// <summary>12.3 kfps: thousands of frames a second.</summary>
    public static string Frames(double perSecond) => Scaled(perSecond, 1000, _decimal, "0.#") + "fps";

    private static string Scaled(double value, double step, string[] units, string format)
    {
        var unit = 0;
        while (value >= step && unit < units.Length - 1)
        {
            value /= step;
            unit++;
        }

        return value.ToString(unit == 0 ? "0" : format, CultureInfo.InvariantCulture) + " " + units[unit];
    }
}
