using System.Text;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;

namespace QmpRedirector.Qmp.Tests;

public sealed class QmpRequestReaderTests
{
    private static readonly Gen<byte> _byte = Gen.Frequency(
        (3, Gen.Byte), (10, Gen.Int[0, 40].Select(i => (byte)"{}[]\"':,\\u0123456789.eE+- truefalsnl\t\n\0\u0001x"[i])));

    [Test]
    public void Random_bytes_are_answered_line_by_line_and_never_end_the_session()
    {
        var table = new QmpCommandTable();
        QmpBuiltInCommands.AddTo(table, new QmpVersion(1, 0, 0));
        _byte.Array[0, 60].Sample(
            bytes =>
            {
                var reader = new QmpRequestReader(1024);
                var session = new QmpSession("fuzz", table, NullLogger.Instance);
                foreach (var input in Take(reader, bytes))
                    Answer(session, input);
                var end = Take(reader, [0xFF, (byte)'\n', .. "{'execute': 'qmp_capabilities', 'id': 'end'}"u8]);
                var answer = Answer(session, end[^1]);
                return answer == "{\"return\": {}, \"id\": \"end\"}\r\n" || answer.Contains("already complete, command ignored");
            },
            iter: 100_000);
    }

    [Test]
    public void However_the_bytes_are_split_the_values_are_the_same()
    {
        Gen.Select(_byte.Array[0, 200], Gen.Int[1, 7]).Sample(
            (bytes, piece) =>
            {
                var whole = Take(new QmpRequestReader(1 << 20), bytes);
                var reader = new QmpRequestReader(1 << 20);
                var pieces = bytes.Chunk(piece).SelectMany(p => Take(reader, p)).ToList();
                return whole.Select(Shown).SequenceEqual(pieces.Select(Shown));
            },
            iter: 20_000);
    }

    [Test]
    public void What_is_valid_JSON_is_read_as_System_Text_Json_reads_it()
    {
        Gen<string> leaf = Gen.OneOf(
            Gen.Long.Select(l => l.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            Gen.String[0, 12].Select(s => System.Text.Json.JsonSerializer.Serialize(Valid(s))),
            Gen.OneOf<string>("true", "false", "null", "[]", "{}", "1.5", "-0.25e-3"));
        var value = Gen.Recursive<string>((depth, inner) => depth > 4
            ? leaf
            : Gen.OneOf(
                leaf,
                inner.Array[0, 4].Select(e => $"[{string.Join(" , ", e)}]"),
                inner.Array[0, 4].Select(e => $"{{{string.Join(',', e.Select((v, i) => $"\"k{i}\" : {v}"))}}}")));
        value.Sample(
            json =>
            {
                var read = Take(new QmpRequestReader(1 << 20), Encoding.UTF8.GetBytes(json + "\n")).Single();
                return System.Text.Json.Nodes.JsonNode.DeepEquals(read.Value, System.Text.Json.Nodes.JsonNode.Parse(json));
            },
            iter: 5_000);
    }

    [Test]
    public void A_limit_of_tokens_is_kept()
    {
        var input = Encoding.ASCII.GetBytes("[" + string.Concat(Enumerable.Repeat("1,", 1_100_000)) + "1]");
        var first = Take(new QmpRequestReader(64 * 1024 * 1024), input)[0];
        Assert.That(first.Error, Is.EqualTo("JSON token count limit exceeded"));
    }

    private static List<QmpInput> Take(QmpRequestReader reader, byte[] bytes)
    {
        var values = new List<QmpInput>();
        ReadOnlyMemory<byte> rest = bytes;
        while (reader.TryTake(ref rest, out var value))
            values.Add(value);
        Assert.That(rest.IsEmpty, Is.True, "everything is taken");
        return values;
    }

    private static string Answer(QmpSession session, QmpInput input)
    {
        var answering = session.AnswerAsync(input, CancellationToken.None);
        return answering.IsCompleted
            ? Encoding.ASCII.GetString(answering.Result)
            : throw new InvalidOperationException("A built-in command did not answer at once.");
    }

    private static string Shown(QmpInput input) => input.Error ?? input.Value?.ToJsonString() ?? "null";

    private static string Valid(string text) =>
        string.Concat(text.EnumerateRunes().Where(r => r.Value != 0xFFFD && !QmpJsonString.IsNoncharacter(r.Value)));
}
