using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace QmpRedirector.Qmp;

/// <summary>Strings of QEMU's JSON dialect: their escapes, and UTF-8 as QEMU checks it (util/unicode.c).</summary>
internal static class QmpJsonString
{
    // Of a token that is garbage this much is worth quoting.
    private const int ExcerptBytes = 1024;

    /// <summary>Reads a string token, its quotes included. False with a sentence when it is not valid.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> token, out string? text, out string? error)
    {
        var result = new StringBuilder(token.Length);
        text = error = null;
        for (var rest = token[1..]; rest.Length > 1;)
        {
            var valid = rest[0] == (byte)'\\' ? Escape(ref rest, result, out error) : Character(ref rest, result, out error);
            if (!valid)
                return false;
        }
        text = result.ToString();
        return true;
    }

    /// <summary>Bytes as text for an error message, which QEMU ends at a NUL.</summary>
    public static string Excerpt(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(bytes[..Math.Min(end < 0 ? bytes.Length : end, ExcerptBytes)]);
    }

    /// <summary>Whether QEMU accepts and sends this code point nowhere (Unicode, section 23.7).</summary>
    public static bool IsNoncharacter(int codePoint) => codePoint is >= 0xFDD0 and <= 0xFDEF || (codePoint & 0xFFFE) == 0xFFFE;

    private static bool Character(ref ReadOnlySpan<byte> rest, StringBuilder result, out string? error)
    {
        error = null;
        if (rest[0] < 0x80)
        {
            result.Append((char)rest[0]);
            rest = rest[1..];
            return true;
        }
        // Modified UTF-8: this is how QEMU writes a NUL in a string that ends at the first one.
        if (rest.StartsWith((ReadOnlySpan<byte>)[0xC0, 0x80]))
        {
            result.Append('\0');
            rest = rest[2..];
            return true;
        }
        if (Rune.DecodeFromUtf8(rest, out var rune, out var length) == OperationStatus.Done && !IsNoncharacter(rune.Value))
        {
            result.Append(rune.ToString());
            rest = rest[length..];
            return true;
        }
        error = "invalid UTF-8 sequence in string";
        return false;
    }

    private static bool Escape(ref ReadOnlySpan<byte> rest, StringBuilder result, out string? error)
    {
        error = null;
        if (rest[1] == (byte)'u')
            return Unicode(ref rest, result, out error);
        var at = "\"'\\/bfnrt"u8.IndexOf(rest[1]);
        if (at < 0)
        {
            error = "invalid escape sequence in string";
            return false;
        }
        result.Append("\"'\\/\b\f\n\r\t"[at]);
        rest = rest[2..];
        return true;
    }

    private static bool Unicode(ref ReadOnlySpan<byte> rest, StringBuilder result, out string? error)
    {
        var length = 6;
        var valid = CodeUnit(rest, out var first);
        var codePoint = (int)first;
        if (valid && char.IsHighSurrogate(first) && CodeUnit(rest[length..], out var second) && char.IsLowSurrogate(second))
        {
            codePoint = char.ConvertToUtf32(first, second);
            length = 12;
        }
        if (!valid || !Rune.IsValid(codePoint) || IsNoncharacter(codePoint))
        {
            error = $"{Encoding.UTF8.GetString(rest[..Math.Min(length, rest.Length)])} is not a valid Unicode character";
            return false;
        }
        error = null;
        result.Append(new Rune(codePoint).ToString());
        rest = rest[length..];
        return true;
    }

    private static bool CodeUnit(ReadOnlySpan<byte> escape, out char unit)
    {
        unit = default;
        if (escape.Length < 6 || escape[0] != (byte)'\\' || escape[1] != (byte)'u')
            return false;
        var valid = Utf8Parser.TryParse(escape[2..6], out ushort value, out var length, 'x') && length == 4;
        unit = (char)value;
        return valid;
    }
}
