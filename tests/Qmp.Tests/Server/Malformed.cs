using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace QmpRedirector.Qmp.Tests;

/// <summary>Input a QMP server must answer with an error and recover from. The first part is what QEMU's own qmp-test.c tries.</summary>
internal static partial class Malformed
{
    public static IEnumerable<byte[]> All => Texts.Select(Encoding.UTF8.GetBytes).Concat(Bytes);

    private static string[] Texts => [
        "[]", "[ 'x' ]", "\"x\"", "1", "true", "null", "{}", "{'execute': 0}", "{'execute': null}",
        "{'execute': 'query-version', 'extra': 1}", "{'extra': {'execute': 'query-version'}}",
        "{'execute': 'query-version', 'arguments': []}", "{'execute': 'query-version', 'arguments': 'x'}",
        "{'execute': 'query-version', 'arguments': null}", "{'arguments': {}, 'id': 7}",
        "{'execute': 'query-version', 'arguments': {'x': 1}, 'id': [1]}",
        "{'execute': 'no-such-command', 'id': null}", "{'execute': ''}", "{'execute': 'na\\u00efve\\n'}", "{'na\u00efve': 1}",
        "{'execute': 'query-version', 'exec-oob': 'query-version'}", "{'exec-oob': 'query-version', 'id': 1}", "{'exec-oob': 1}",
        "{'exec-oob': 'no-such-command'}", "{'execute': 'qmp_capabilities'}", "{'execute': 'qmp_capabilities', 'arguments': {'x': 1}}",
        "{", "}", "[", "]", ",", ":", "{]", "[}", "{'a'", "{'a':", "{'a':1", "[1", "[1,", "{'a':[}", "{'a':[}]", "[[]", "[{]}", "'", "\"",
        "'\\",
        "{'execute' 'query-version'}", "{'execute': 'query-version',}", "{'execute': 'query-version' 'id': 1}", "{'execute':}",
        "{1: 2}", "{null: 2}", "{[]: 2}", "{'a': 1, 'a': 2}", "{'a': 1, 'a':}", "[1,]", "[1 2]", "[,]", "[1}", "{'a': 1]", "foo", "nul",
        "truE", "[tru, 1]",
        "foo{'execute': 'query-version'}", "1'x'2'y'", "01", "00", "-", "- 1", "-x", "1.", "1.e1", "1e", "1e+", "1.5e+3", "+1", ".5",
        "0x10",
        "-0.0e-0", "1.5.5", "1-1", "%d", "{'id': %s}", "* []", "*[]", "*,[]", "* \"a{\" []", "\\", "_", "A", "/* c */", "// c", "NaN",
        "Infinity",
        "'\\x'", "'\\u12g4'", "'\\u'", "'\\u00'", "'\\ud83d\\u0041'", "'\\ud83d\\n'", "'\\ud83d\\u12g4'", "'\\ud83d'", "'\\udc00'",
        "'\\uffff'",
        "'\\ufdd0'", "'\\ud83f\\udfff'", "'\\0'", "'\\a'", "'a\nb'", "'a\tb'", "'a\0b'", "\u0001", "\0\0", "\u007f", "'\u007f'",
        "{\u0001}", "'\uFFFE'", "'\uFDD0'",
        new string('[', 1025), new string('[', 1030) + new string(']', 3), string.Concat(Enumerable.Repeat("{'a':", 1025)),
        new string('[', 600) + string.Concat(Enumerable.Repeat("{'a':", 600)), new string('[', 1024) + new string(']', 1024),
    ];

    private static byte[][] Bytes => [
        [0xFF], [0xFE], [0x80], [0xC3, 0xA9], [(byte)'{', 0xFF], [(byte)'"', (byte)'a', 0xFF], [(byte)'"', (byte)'a', 0xFE, (byte)'"'],
        [(byte)'1', 0xFF],
        [(byte)'a', 0xFF], [(byte)'*', (byte)' ', 0xFF], [(byte)'*', 0x01], [(byte)'"', (byte)'\\', 0x01], [(byte)'"', (byte)'\\', 0xFF],
        [(byte)'"', 0xC1, 0x80, (byte)'"'], [(byte)'"', 0xED, 0xA0, 0x80, (byte)'"'], [(byte)'"', 0xF5, 0x80, 0x80, 0x80, (byte)'"'],
        [(byte)'"', 0xC3, (byte)'"'], [(byte)'"', 0x80, (byte)'"'], [(byte)'"', 0xC0, 0x80, (byte)'"'],
        [(byte)'"', 0xF0, 0x9F, 0x98, (byte)'"'],
    ];

    /// <summary>What of a line must be the same as QEMU's.</summary>
    public static string Essence(string line)
    {
        var message = JsonNode.Parse(QemusInfinity().Replace(line, "1$1"))!.AsObject();
        var id = message.TryGetPropertyValue("id", out var value) ? Text(value) : "none";
        if (message["error"] is not JsonObject error)
            return $"{string.Join(',', message.Select(m => m.Key))} id {id}";
        // Which of several wrong members QEMU names depends on its hash function.
        var description = SomeMember().Replace(error["desc"]!.GetValue<string>(), "QMP input member");
        return $"id {id} {error["class"]} {Replacements().Replace(description, "\uFFFD")}";
    }

    // QEMU rewrites numbers it reads as double.
    private static string Text(JsonNode? id) =>
        id?.GetValueKind() == JsonValueKind.Number ? "a number" : id is null or JsonValue ? id?.ToJsonString() ?? "null" : "a structure";

    [GeneratedRegex(@"-?\binf(\b)")]
    private static partial Regex QemusInfinity();

    [GeneratedRegex("^QMP input member .*", RegexOptions.Singleline)]
    private static partial Regex SomeMember();

    [GeneratedRegex("\uFFFD+")]
    private static partial Regex Replacements();
}
