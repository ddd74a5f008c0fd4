using System.Diagnostics;
using System.Text;
using System.Text.Json;
using CsCheck;
using QmpRedirector.Qmp.Wire;

namespace QmpRedirector.Qmp.Tests;

public sealed class QmpMessageBufferTests
{
    private const int Limit = 64 * 1024 * 1024;

    // A script with everything that could mislead a cutter: braces, quotes and escapes in strings, every kind of separator.
    private const string Script =
        "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2}, \"package\": \"}{\"}, \"capabilities\": [\"oob\"]}}\r\n"
        + "{\"event\": \"STOP\", \"data\": {\"a\": [1, {\"b\": [\"]\"]}]}}\n"
        + "{\"return\": \"quote \\\" brace } backslash \\\\\"}{\"return\": {}, \"id\": 1}"
        + " \t\0\r\n\n{\"error\": {\"class\": \"GenericError\", \"desc\": \"\\\\\\\"{\\u007b\"}}\r\n\0";

    private static readonly string[] ScriptMessages =
    [
        "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2}, \"package\": \"}{\"}, \"capabilities\": [\"oob\"]}}",
        "{\"event\": \"STOP\", \"data\": {\"a\": [1, {\"b\": [\"]\"]}]}}",
        "{\"return\": \"quote \\\" brace } backslash \\\\\"}",
        "{\"return\": {}, \"id\": 1}",
        "{\"error\": {\"class\": \"GenericError\", \"desc\": \"\\\\\\\"{\\u007b\"}}",
    ];

    [Test]
    public void A_script_cut_at_every_byte_gives_the_same_messages()
    {
        var script = Encoding.UTF8.GetBytes(Script);
        for (var cut = 0; cut <= script.Length; cut++)
            Assert.That(Feed([script[..cut], script[cut..]]), Is.EqualTo(ScriptMessages), $"cut at byte {cut}");
    }

    [Test]
    public void A_script_that_comes_byte_by_byte_gives_the_same_messages() =>
        Assert.That(Feed(Encoding.UTF8.GetBytes(Script).Select(b => new[] { b })), Is.EqualTo(ScriptMessages));

    [Test]
    public void Any_objects_with_any_blanks_between_and_any_cuts_come_out_as_they_went_in()
    {
        var text = Gen.String[Gen.Char["{}[]\"\\ \n\taé\0漢"], 0, 12].Select(s => $"\"{JsonEncodedText.Encode(s)}\"");
        var value = Gen.Recursive<string>((depth, inner) => depth > 4
            ? text
            : Gen.OneOf(
                text,
                Gen.Int.Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)),
                inner.Array[0, 3].Select(items => $"[{string.Join(" , ", items)}]"),
                Gen.Select(text, inner).Select(m => $"{m.Item1}: {m.Item2}").Array[0, 3].Select(m => $"{{{string.Join(", ", m)}}}")));
        var message = Gen.Select(text, value).Select(m => $"{{{m.Item1}: {m.Item2}}}");
        var blank = Gen.String[Gen.Char[" \t\r\n\0"], 0, 3];
        Gen.Select(Gen.Select(message, blank).Array[0, 6], Gen.Int[1, 20]).Sample((messages, size) =>
        {
            var bytes = Encoding.UTF8.GetBytes(string.Concat(messages.Select(m => m.Item1 + m.Item2)));
            return Feed(bytes.Chunk(size)).SequenceEqual(messages.Select(m => m.Item1));
        });
    }

    [TestCase("garbage", 0)]
    [TestCase("HTTP/1.1 400 Bad Request\r\n", 0)]
    [TestCase("[1]", 0)]
    [TestCase("\"text\"", 0)]
    [TestCase("}", 0)]
    [TestCase("{}garbage", 1)]
    [TestCase("{\"a\": 1}]", 1)]
    [TestCase("{}\r\n\u00ff", 1)]
    public void Garbage_before_or_after_a_message_is_refused_and_shown(string text, int before)
    {
        var messages = new List<string>();
        var e = Assert.Throws<QmpProtocolException>(() => Feed([Encoding.Latin1.GetBytes(text)], messages))!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(messages, Has.Count.EqualTo(before));
            Assert.That(e.Message, Does.Contain("is not QMP"));
        }
    }

    [TestCase("{]")]
    [TestCase("{\"a\": }")]
    [TestCase("{'a': 1}")]
    [TestCase("{\"a\": [}}")]
    [TestCase("{\"a\": \"\n\"}")]
    public void A_message_that_is_not_json_is_refused(string text)
    {
        // Whatever is wrong inside, more closing brackets end the object at the latest.
        var e = Assert.Throws<QmpProtocolException>(() => Feed([Encoding.UTF8.GetBytes(text + "]]}}")]))!;
        Assert.That(e.Message, Does.Contain("not JSON"));
    }

    [Test]
    public void Nesting_is_taken_to_1024_levels_and_refused_beyond()
    {
        static byte[] Nested(int depth) => Encoding.UTF8.GetBytes(
            "{\"a\":" + new string('[', depth - 1) + new string(']', depth - 1) + "}");

        Assert.That(Feed([Nested(1024)]), Has.Count.EqualTo(1));
        var e = Assert.Throws<QmpProtocolException>(() => Feed([Nested(1025)]))!;
        Assert.That(e.Message, Does.Contain("1024 levels"));
    }

    [TestCase(1)]
    [TestCase(100)]
    [TestCase(1 << 20)]
    public void A_message_beyond_the_limit_is_refused_even_before_its_end(int pieceBytes)
    {
        static byte[] OfLength(int bytes) => Encoding.UTF8.GetBytes("{\"a\": \"" + new string('x', bytes - 9) + "\"}");

        Assert.That(Feed(OfLength(100_000).Chunk(pieceBytes), limit: 100_000), Has.Count.EqualTo(1));
        var tooLong = OfLength(100_001);
        var e = Assert.Throws<QmpProtocolException>(() => Feed(tooLong.Chunk(pieceBytes), limit: 100_000))!;
        Assert.That(e.Message, Does.Contain("more than 100000 bytes"));
        Assert.Throws<QmpProtocolException>(() => Feed([.. OfLength(200_000)[..150_000].Chunk(pieceBytes)], limit: 100_000));
    }

    [Test]
    public void Time_grows_linearly_with_a_message_that_comes_in_small_pieces()
    {
        // Rescanning from the start on each piece would take 6000 times 12 MiB on average, a thousand times as long as once over each byte.
        // Against each other, as how long either takes is the machine's affair.
        var rows = string.Join(",", Enumerable.Repeat("{\"k\": \"v\"}", 2 * 1024 * 1024));
        var message = Encoding.UTF8.GetBytes($"{{\"return\": [{rows}]}}");
        var started = Stopwatch.GetTimestamp();
        FeedRaw([message], Limit);
        var inOnePiece = Stopwatch.GetElapsedTime(started);

        started = Stopwatch.GetTimestamp();
        var messages = FeedRaw(message.Chunk(4096), Limit);
        var inSmallPieces = Stopwatch.GetElapsedTime(started);

        Assert.That(messages, Has.Count.EqualTo(1));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(messages[0].GetProperty("return").GetArrayLength(), Is.EqualTo(2 * 1024 * 1024));
            Assert.That(inSmallPieces, Is.LessThan(30 * inOnePiece));
        }
    }

    [Test]
    public void A_message_that_has_begun_is_told_by_its_bytes()
    {
        var buffer = new QmpMessageBuffer(Limit);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(buffer.PartialBytes, Is.Zero);
            Write(buffer, "{} \r\n{\"a"u8);
            Assert.That(buffer.TryTake(out _), Is.True);
            Assert.That(buffer.TryTake(out _), Is.False);
            Assert.That(buffer.PartialBytes, Is.EqualTo(3));
        }
    }

    [Test]
    public void The_memory_of_a_huge_message_is_given_back()
    {
        var buffer = new QmpMessageBuffer(Limit);
        Write(buffer, Encoding.UTF8.GetBytes("{\"a\": \"" + new string('x', 8 * 1024 * 1024) + "\"}"));
        Assert.That(buffer.TryTake(out _), Is.True);
        Assert.That(buffer.GetMemory().Length, Is.LessThanOrEqualTo(1024 * 1024));
    }

    private static List<string> Feed(IEnumerable<byte[]> pieces, List<string>? into = null, int limit = Limit)
    {
        into ??= [];
        var buffer = new QmpMessageBuffer(limit);
        foreach (var piece in pieces)
        {
            Write(buffer, piece);
            while (buffer.TryTake(out var message))
                into.Add(message.GetRawText());
        }
        return into;
    }

    private static List<JsonElement> FeedRaw(IEnumerable<byte[]> pieces, int limit)
    {
        var messages = new List<JsonElement>();
        var buffer = new QmpMessageBuffer(limit);
        foreach (var piece in pieces)
        {
            Write(buffer, piece);
            while (buffer.TryTake(out var message))
                messages.Add(message);
        }
        return messages;
    }

    // As a socket does: as much as there is room for, until all is in; a full buffer is asked for messages by the caller only.
    private static void Write(QmpMessageBuffer buffer, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var room = buffer.GetMemory().Span;
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            buffer.Advance(count);
            bytes = bytes[count..];
        }
    }
}
