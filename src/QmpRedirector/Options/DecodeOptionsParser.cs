using QmpRedirector.Decode;

namespace QmpRedirector.Options;

/// <summary>Makes <see cref="DecodeOptions"/> of the command line, or says everything that is wrong.</summary>
internal static class DecodeOptionsParser
{
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
        if (text.Length == 0)
        {
            report.Error("decode ''", "this is neither a file nor an address");
            return null;
        }

        if (!PeerArgument.IsPeer(text))
            return new DecodeInput.File(text);
        return PeerArgument.Parse(text, "decode", report) is ChardevOptions chardev ? new DecodeInput.Socket(chardev) : null;
    }
}
