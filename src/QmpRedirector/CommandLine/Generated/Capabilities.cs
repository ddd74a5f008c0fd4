using System.Buffers;
using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace QmpRedirector.CommandLine.Generated;

/// <summary>
/// What <c>--print-capabilities</c> prints, for management software, in the shape of swtpm's and virtiofsd's: type, version, features.
/// </summary>
/// <remarks>
/// A feature is <c>command-NAME</c>, <c>cmdarg-COMMAND-OPTION</c>, <c>chardev-KEY</c> or <c>property-NAME</c>; where only
/// certain values exist, <c>property-NAME=VALUE</c> and so on. Help is made from the same tables, so what is not there is in neither.
/// </remarks>
internal static class Capabilities
{
    public static string Of(Command root)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("type", Cli.Program);
            json.WriteString("version", Cli.Version);
            json.WriteStartObject("commands");
            foreach (Command command in root.Subcommands)
                json.WriteString(command.Name, command.Description);
            json.WriteEndObject();
            json.WriteStartArray("features");
            foreach (string feature in Features(root))
                json.WriteStringValue(feature);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.WrittenSpan) + "\n";
    }

    private static IEnumerable<string> Features(Command root)
    {
        CommandSyntax[] commands = [.. CommandSyntax.All(root).Where(static command => command.Name.Length > 0)];
        return
        [
            .. commands.Select(static command => $"command-{command.Name}"),
            .. commands.SelectMany(static command => command.Options.SelectMany(option =>
                Values($"cmdarg-{command.Name}-{option.Names[0].TrimStart('-')}", option.Values))),
            .. CommandSyntax.ChardevKeys(root).SelectMany(static row => Values($"chardev-{row.Names.First()}", row.Values)),
            .. CommandSyntax.ObjectProperties(root).SelectMany(static row => Values($"property-{row.Names.First()}", row.Values)),
        ];
    }

    private static IEnumerable<string> Values(string feature, IReadOnlyList<string> values) =>
        values is [] or ["on", "off"] ? [feature] : values.Select(value => $"{feature}={value}").Prepend(feature);
}
