using System.Globalization;

namespace QmpRedirector.Options;

/// <summary>
/// Turns a value as written into the one spelling the rest reads: "on" and "off", decimal digits, bytes, the string itself.
/// </summary>
internal static class OptionConversion
{
    /// <returns>The value, or null and the sentence that says what is wrong with it.</returns>
    public static string? Convert(OptionKey key, OptionEntry entry, out string sentence)
    {
        sentence = "";
        return key.Kind switch
        {
            OptionKind.Boolean => Boolean(entry, out sentence),
            OptionKind.Enum => OneOf(key, entry, out sentence),
            OptionKind.Number => InRange(key, Number(entry, out sentence), ref sentence),
            OptionKind.Size => InRange(key, Size(entry, out sentence), ref sentence),
            OptionKind.Id when Text(entry, out sentence) is string id => IsId(id) ? id : Fail(QemuSentences.NotId(entry.Key), out sentence),
            _ => Text(entry, out sentence),
        };
    }

    // QEMU's id_wellformed() (util/id.c), in ASCII.
    private static bool IsId(string id) =>
        id.Length > 0 && char.IsAsciiLetter(id[0]) && id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');

    private static string? Text(OptionEntry entry, out string sentence)
    {
        sentence = "";
        return entry.Value.Kind is OptionValueKind.Text or OptionValueKind.JsonString
            ? entry.Value.Text
            : Fail(QemuSentences.WrongType(entry.Path, "string"), out sentence);
    }

    private static string? Boolean(OptionEntry entry, out string sentence)
    {
        sentence = "";
        return entry.Value switch
        {
            { Kind: OptionValueKind.JsonBoolean } value => value.Text,
            // qapi_bool_parse(): these and no other case of them.
            { Kind: OptionValueKind.Text, Text: "on" or "yes" or "true" or "y" } => "on",
            { Kind: OptionValueKind.Text, Text: "off" or "no" or "false" or "n" } => "off",
            { Kind: OptionValueKind.Text } => Fail(QemuSentences.NotOnOff(entry.Key), out sentence),
            _ => Fail(QemuSentences.WrongType(entry.Path, "boolean"), out sentence),
        };
    }

    private static string? OneOf(OptionKey key, OptionEntry entry, out string sentence)
    {
        // A choice that has numbers in it (vnet_hdr_len) takes them as JSON numbers too.
        bool isNumber = entry.Value.Kind == OptionValueKind.JsonInteger && key.Values.Any(static value => char.IsAsciiDigit(value[0]));
        string? text = isNumber ? entry.Value.Text : Text(entry, out sentence);
        if (text is null)
            return Fail(QemuSentences.WrongType(entry.Path, "string"), out sentence);
        if (!key.Values.Contains(text))
            return Fail(key.BadValue ?? QemuSentences.NotAccepted(entry.Key, text), out sentence);
        if (key.LaterValues.Contains(text))
            return Fail(OurSentences.Later($"{entry.Key}={text}"), out sentence);
        sentence = "";
        return text;
    }

    private static ulong? Number(OptionEntry entry, out string sentence)
    {
        sentence = "";
        if (entry.Value.Kind == OptionValueKind.Text && SizeText.TryParseNumber(entry.Value.Text, out ulong value, out bool overflow))
            return value;
        if (entry.Value.Kind == OptionValueKind.JsonInteger && ulong.TryParse(entry.Value.Text, CultureInfo.InvariantCulture, out value))
            return value;
        overflow = entry.Value.Kind switch
        {
            OptionValueKind.Text => !SizeText.TryParseNumber(entry.Value.Text, out _, out bool large) && large,
            OptionValueKind.JsonInteger => !entry.Value.Text.StartsWith('-'),
            _ => false,
        };
        sentence = (overflow, entry.Value.Kind) switch
        {
            (true, _) => QemuSentences.TooLarge(entry.Key, entry.Value.Text),
            (_, OptionValueKind.Text or OptionValueKind.JsonInteger) => QemuSentences.NotNumber(entry.Key),
            _ => QemuSentences.WrongType(entry.Path, "integer"),
        };
        return null;
    }

    private static ulong? Size(OptionEntry entry, out string sentence)
    {
        sentence = "";
        if (entry.Value.Kind == OptionValueKind.Text)
        {
            if (SizeText.TryParseSize(entry.Value.Text, out ulong bytes))
                return bytes;
            sentence = QemuSentences.NotSize(entry.Key);
            return null;
        }

        bool isInteger = entry.Value.Kind == OptionValueKind.JsonInteger;
        if (isInteger && ulong.TryParse(entry.Value.Text, CultureInfo.InvariantCulture, out ulong value))
            return value;
        sentence = QemuSentences.NotUnsigned(entry.Path);
        return null;
    }

    private static string? InRange(OptionKey key, ulong? value, ref string sentence)
    {
        if (value is null)
            return null;
        string digits = value.Value.ToString(CultureInfo.InvariantCulture);
        if (key.Minimum == 0 && value > key.Maximum)
            return Fail(QemuSentences.TooLarge(key.Name, digits), out sentence);
        if (value < key.Minimum || value > key.Maximum)
            return Fail(OurSentences.OutOfRange(key.Name, key.Minimum, key.Maximum), out sentence);
        return digits;
    }

    private static string? Fail(string why, out string sentence)
    {
        sentence = why;
        return null;
    }
}
