using System.Globalization;

namespace QmpRedirector.Options;

/// <summary>QEMU's qemu_strtou64() and qemu_strtosz() (util/cutils.c) as seen from outside: what they take, to the letter.</summary>
internal static class SizeText
{
    private const string Suffixes = "BKMGTPE";

    /// <summary>A number as strtoull(base 0) takes it: leading blanks and plus sign, 0x and leading-zero octal.</summary>
    /// <returns>False when it is no number; <paramref name="overflow"/> says that it is one, only too large.</returns>
    public static bool TryParseNumber(string text, out ulong value, out bool overflow)
    {
        value = 0;
        overflow = false;
        ReadOnlySpan<char> rest = text.AsSpan().TrimStart(" \t\n\v\f\r");
        if (rest.StartsWith("+"))
            rest = rest[1..];
        uint radix = 10;
        if (rest.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            radix = 16;
            rest = rest[2..];
        }
        else if (rest.Length > 1 && rest[0] == '0')
            radix = 8;
        if (rest.IsEmpty)
            return false;

        UInt128 sum = 0;
        foreach (char c in rest)
        {
            int digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : int.MaxValue;
            if (digit >= radix)
                return false;
            overflow |= (sum = UInt128.Min(sum * radix + (uint)digit, (UInt128)ulong.MaxValue + 1)) > ulong.MaxValue;
        }

        value = overflow ? ulong.MaxValue : (ulong)sum;
        return !overflow;
    }

    /// <summary>Bytes: digits, perhaps a fraction, and one of the suffixes B K M G T P E in either case; no suffix is bytes.</summary>
    public static bool TryParseSize(string text, out ulong bytes)
    {
        bytes = 0;
        string trimmed = text.TrimStart(' ', '\t', '\n', '\v', '\f', '\r');
        if (trimmed.StartsWith('+'))
            trimmed = trimmed[1..];
        if (trimmed.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            return TryParseNumber(trimmed, out bytes, out _);
        if (trimmed.Length == 0 || !char.IsAsciiDigit(trimmed[0]))
            return false;

        int suffix = Suffixes.IndexOf(char.ToUpperInvariant(trimmed[^1]), StringComparison.Ordinal);
        string digits = suffix < 0 ? trimmed : trimmed[..^1];
        if (!decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
            return false;
        // A fraction of a byte is refused however it is written, but "0.00001k" is rounded down (qemu_strtosz).
        if (suffix <= 0 && digits.Contains('.', StringComparison.Ordinal) && number != decimal.Truncate(number))
            return false;

        decimal unit = suffix <= 0 ? 1 : 1UL << (10 * suffix);
        if (number > ulong.MaxValue / unit)
            return false;
        bytes = (ulong)(number * unit);
        return true;
    }
}
