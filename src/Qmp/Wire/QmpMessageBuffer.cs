using System.Buffers;
using System.Text;
using System.Text.Json;

namespace QmpRedirector.Qmp.Wire;

/// <summary>
/// Cuts a byte stream into QMP messages by JSON structure: a message is one object, whatever stands between objects. QEMU ends its
/// messages with CR LF (monitor/qmp.c), but neither the specification nor proxies promise that. Every byte is looked at once
/// however the stream is split; the full check of the grammar is left to the JSON parser.
/// </summary>
internal sealed class QmpMessageBuffer(int maxMessageBytes)
{
    /// <summary>QEMU's own limit for nesting (qobject/json-streamer.c: MAX_NESTING).</summary>
    internal const int MaxDepth = 1024;

    private const int InitialBytes = 64 * 1024;
    private const int MinimumReadBytes = 4 * 1024;

    private static readonly SearchValues<byte> Structural = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> Between = SearchValues.Create(" \t\r\n\0"u8);
    private static readonly JsonDocumentOptions ParseOptions = new() { MaxDepth = MaxDepth };

    // The message begins at _start, the bytes end at _end. The scan goes on at _scanned, at most one byte beyond _end.
    private byte[] _buffer = new byte[InitialBytes];
    private int _start;
    private int _scanned;
    private int _end;
    private int _depth;
    private bool _inString;

    /// <summary>Bytes of a message that has begun and not ended.</summary>
    public int PartialBytes => _depth > 0 ? _end - _start : 0;

    /// <summary>Room for the next read, never empty. Give back how much was used with <see cref="Advance"/>.</summary>
    public Memory<byte> GetMemory()
    {
        if (_start == _end)
            Reset();
        if (_buffer.Length - _end < MinimumReadBytes)
            MakeRoom();
        return _buffer.AsMemory(_end);
    }

    /// <summary>Accepts bytes written into the last <see cref="GetMemory"/>.</summary>
    public void Advance(int count) => _end += count;

    /// <summary>Takes the next whole message.</summary>
    /// <exception cref="QmpProtocolException">The stream is not QMP; it cannot be read on.</exception>
    public bool TryTake(out JsonElement message)
    {
        message = default;
        if (_depth == 0 && !SkipToObject())
            return false;
        var complete = Scan();
        if (_scanned - _start > maxMessageBytes)
            throw new QmpProtocolException($"The peer sent a message of more than {maxMessageBytes} bytes.");
        if (!complete)
            return false;
        message = Parse(_buffer.AsSpan(_start, _scanned - _start));
        _start = _scanned;
        return true;
    }

    // NUL and blanks between messages are harmless; anything else means that this is not QMP or that bytes were lost, and there is
    // no mark in the stream by which to find the next message.
    private bool SkipToObject()
    {
        var rest = _buffer.AsSpan(_start, _end - _start);
        var skip = rest.IndexOfAnyExcept(Between);
        if (skip < 0)
        {
            _start = _scanned = _end;
            return false;
        }
        _start = _scanned = _start + skip;
        if (rest[skip] != (byte)'{')
            throw new QmpProtocolException($"The peer sent something that is not QMP: '{Excerpt(rest[skip..])}'.");
        return true;
    }

    private bool Scan()
    {
        while (_scanned < _end)
        {
            var rest = _buffer.AsSpan(_scanned, _end - _scanned);
            var next = _inString ? rest.IndexOfAny((byte)'"', (byte)'\\') : rest.IndexOfAny(Structural);
            if (next < 0)
            {
                _scanned = _end;
                return false;
            }
            if (rest[next] == (byte)'\\')
            {
                // The escaped byte may be a quote: it is passed over, even if it has not come yet.
                _scanned += next + 2;
                continue;
            }
            _scanned += next + 1;
            if (rest[next] == (byte)'"')
                _inString = !_inString;
            else if (rest[next] is (byte)'{' or (byte)'[')
                Enter();
            else if (--_depth == 0)
                return true;
        }
        return false;
    }

    private void Enter()
    {
        if (++_depth > MaxDepth)
            throw new QmpProtocolException($"The peer sent a message nested deeper than {MaxDepth} levels.");
    }

    private static JsonElement Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonElement.Parse(utf8, ParseOptions);
        }
        catch (JsonException e)
        {
            throw new QmpProtocolException($"The peer sent a message that is not JSON: '{Excerpt(utf8)}'.", e);
        }
    }

    private void Reset()
    {
        _start = _scanned = _end = 0;
        // One huge reply should not stay allocated for the life of the connection.
        if (_buffer.Length > 16 * InitialBytes)
            _buffer = new byte[InitialBytes];
    }

    private void MakeRoom()
    {
        var held = _end - _start;
        var target = held <= _buffer.Length / 2 ? _buffer : new byte[(int)Math.Min(_buffer.Length * 2L, Array.MaxLength)];
        _buffer.AsSpan(_start, held).CopyTo(target);
        _buffer = target;
        _scanned -= _start;
        _start = 0;
        _end = held;
    }

    private static string Excerpt(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, 60)]));
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
                text[i] = '.';
        }
        return text.ToString();
    }
}
