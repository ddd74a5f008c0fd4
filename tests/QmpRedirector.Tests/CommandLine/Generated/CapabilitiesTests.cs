using System.Text.Json;
using QmpRedirector.Options;

namespace QmpRedirector.Tests.CommandLine.Generated;

internal sealed class CapabilitiesTests
{
    [Test]
    public async Task They_are_one_line_of_JSON_as_swtpms_are()
    {
        var text = await GeneratedFileTests.OutputOf("--print-capabilities");
        Assert.That(text, Does.Match(@"^\{[^\n]+\}\n$"));
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        Assert.That(root.GetProperty("type").GetString(), Is.EqualTo("qmp-redirector"));
        Assert.That(root.GetProperty("version").GetString(), Is.EqualTo("0.1.0"));
        Assert.That(
            root.GetProperty("commands").EnumerateObject().Select(static command => command.Name),
            Is.SupersetOf(new[] { "run", "decode", "send" }));
        Assert.That(Features(root), Is.Unique);
        Assert.That(Features(root), Is.SupersetOf(new[]
        {
            "command-send", "cmdarg-run-qmp", "cmdarg-send-realtime", "cmdarg-decode-w", "cmdarg-run-log-format=systemd",
            "chardev-reconnect", "property-enable_when_stopped", "property-queue=tx", "property-vnet_hdr_len=auto",
        }));
    }

    [Test]
    public async Task What_is_not_in_this_version_is_not_among_them()
    {
        using var document = JsonDocument.Parse(await GeneratedFileTests.OutputOf("--print-capabilities"));
        string[] missing =
        [
            .. RunSchema.Scalars.Where(static key => key.Support != OptionSupport.Supported).Select(static key => $"cmdarg-run-{key.Name}"),
            .. ObjectSchema.Properties.Where(static key => key.Support != OptionSupport.Supported)
                .Select(static key => $"property-{key.Name}"),
            .. ObjectSchema.Properties.SelectMany(static key => key.LaterValues.Select(value => $"property-{key.Name}={value}")),
            .. ChardevSchema.All.Keys.Where(static key => key.Support == OptionSupport.Foreign).Select(static key => $"chardev-{key.Name}"),
            "cmdarg-run-generate",
        ];
        Assert.That(Features(document.RootElement).Intersect(missing), Is.Empty);
    }

    private static string?[] Features(JsonElement root) =>
        [.. root.GetProperty("features").EnumerateArray().Select(static feature => feature.GetString())];
}
