using QmpRedirector.Decode;
using QmpRedirector.Net;

namespace QmpRedirector.Options;

/// <summary>Makes <see cref="DecodeOptions"/> of the command line, or says everything that is wrong.</summary>
internal static class DecodeOptionsParser
{
    private const string ChardevId = "decode";

    public static OptionsResult<DecodeOptions> Parse(DecodeArguments arguments)
    {
        OptionReport report = new();
        OptionReader reader = new(DecodeSchema.Schema, report);
        foreach ((string option, string key, string? value) in new[]
                 {
                     ("--vnet-hdr-len", "vnet-hdr-len", arguments.VnetHdrLen),
                     ("-w", "write", arguments.WriteFile),
                     ("-c", "count", arguments.Count),
                 })
        {
            if (value is not null)
                reader.Add(new OptionBag($"{option} {OptionOrigin.Shown(value)}", OptionForm.Text, [OptionEntry.FromText(key, value)]));
        }

        DecodeInput? input = Input(arguments.Input ?? "-", report);
        DecodeSettings settings = new()
        {
            VnetHdrSupport = arguments.VnetHdrSupport,
            VnetHdrLen = (int?)reader.Number("vnet-hdr-len"),
            WriteFile = reader.String("write"),
            Count = reader.Number("count"),
        };
        return OptionsResult<DecodeOptions>.From(input is null ? null : new DecodeOptions(input, settings), report);
    }

    private static DecodeInput? Input(string text, OptionReport report)
    {
        if (text == "-")
            return new DecodeInput.StandardInput();
        if (text.StartsWith("socket,", StringComparison.Ordinal) || text.StartsWith('{'))
        {
            ChardevOptions? chardev = ChardevParser.Parse(text, "decode", report, ChardevId).Value;
            return chardev is null ? null : new DecodeInput.Socket(chardev);
        }

        if (!AddressText.IsAddress(text))
            return new DecodeInput.File(text);
        if (AddressText.Stream(text, out string sentence) is ChardevAddress address)
            return new DecodeInput.Socket(new ChardevOptions(ChardevId, address, false, false, null, false));
        report.Error($"decode {OptionOrigin.Shown(text)}", sentence);
        return null;
    }
}
