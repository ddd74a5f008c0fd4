using System.Buffers;

namespace QmpRedirector.Qmp;

/// <summary>
/// Cuts bytes, however they are split, into the tokens of QEMU's JSON dialect (qobject/json-lexer.c): RFC 8259, and strings in single
/// quotes. After bytes that are no token everything is passed over up to the next structural or control character other than a tab, as in
/// QEMU, to which clients send 0xFF on purpose to begin anew.
/// </summary>
internal sealed class QmpLexer(QmpTokenList tokens)
{
    private static readonly SearchValues<byte> EndsStringRun = SearchValues.Create([(byte)'"', (byte)'\'', (byte)'\\', .. Invalid()]);
    private static readonly SearchValues<byte> EndsRecovery = SearchValues.Create([.. "{}[],:"u8, .. Invalid().Where(c => c != '\t')]);

    private State _state;
    private byte _quote;

    private enum State
    {
        Start,
        String,
        Escape,
        Minus,
        Zero,
        Integer,
        Point,
        Fraction,
        Exponent,
        ExponentSign,
        ExponentDigits,
        Keyword,
        Recovery,
    }

    /// <summary>
    /// Takes bytes off <paramref name="input"/> until a token ends, the last of the list. False when all are taken and none did.
    /// </summary>
    public bool TryTake(ref ReadOnlySpan<byte> input, out QmpTokenKind kind)
    {
        while (!input.IsEmpty)
        {
            if (_state is State.String or State.Recovery)
                PassRun(ref input);
            if (input.IsEmpty)
                break;
            var ended = Step(input[0], out var taken, out kind);
            if (taken)
                input = input[1..];
            if (ended)
                return true;
        }
        kind = default;
        return false;
    }

    /// <summary>Gives up the unfinished token and everything up to the next structural or control character.</summary>
    public void Recover() => _state = State.Recovery;

    // Every byte that can be in no text: control characters, and those UTF-8 never uses and QEMU therefore takes for out of band.
    private static byte[] Invalid() => [.. Enumerable.Range(0, 0x20).Select(c => (byte)c), 0xFE, 0xFF];

    // Long strings and long garbage are the only tokens worth more than one byte at a time.
    private void PassRun(ref ReadOnlySpan<byte> input)
    {
        var end = input.IndexOfAny(_state == State.String ? EndsStringRun : EndsRecovery);
        var run = end < 0 ? input : input[..end];
        if (_state == State.String)
            tokens.Append(run);
        input = input[run.Length..];
    }

    private bool Step(byte c, out bool taken, out QmpTokenKind kind)
    {
        taken = true;
        kind = default;
        switch (_state)
        {
            case State.Start:
                return Begin(c, out kind);
            case State.Recovery:
                _state = State.Start;
                taken = false;
                return false;
            case State.String when c == _quote:
                tokens.Append(c);
                return End(QmpTokenKind.String, out kind);
            case State.String when c == (byte)'\\':
                return Go(State.Escape, c);
            case State.String when c is (byte)'"' or (byte)'\'':
            case State.Escape when c is >= 0x20 and < 0xFE:
                return Go(State.String, c);
            case State.String or State.Escape:
                return Fail(c, out kind);
            case State.Keyword when c is >= (byte)'a' and <= (byte)'z':
                return Go(State.Keyword, c);
        }
        if (_state != State.Keyword && Number(c) is { } next)
            return next == State.Recovery ? Fail(c, out kind) : Go(next, c);
        taken = false;
        return End(_state == State.Keyword ? QmpTokenKind.Keyword : QmpTokenKind.Number, out kind);
    }

    // The grammar of RFC 8259, section 6, except that QEMU takes no exponent after a lone zero. Null where the number ends before this
    // byte, Recovery where it cannot end there.
    private State? Number(byte c)
    {
        var digit = c is >= (byte)'0' and <= (byte)'9';
        return (_state, c) switch
        {
            (State.Minus, (byte)'0') => State.Zero,
            (State.Minus or State.Integer, _) when digit => State.Integer,
            (State.Zero, _) when digit => State.Recovery,
            (State.Point or State.Fraction, _) when digit => State.Fraction,
            (State.Exponent or State.ExponentSign or State.ExponentDigits, _) when digit => State.ExponentDigits,
            (State.Zero or State.Integer, (byte)'.') => State.Point,
            (State.Integer or State.Fraction, (byte)'e' or (byte)'E') => State.Exponent,
            (State.Exponent, (byte)'+' or (byte)'-') => State.ExponentSign,
            (State.Minus or State.Point or State.Exponent or State.ExponentSign, _) => State.Recovery,
            _ => null,
        };
    }

    private bool Begin(byte c, out QmpTokenKind kind)
    {
        kind = default;
        switch (c)
        {
            case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                return false;
            case (byte)'"' or (byte)'\'':
                _quote = c;
                return Go(State.String, c);
            case (byte)'-':
                return Go(State.Minus, c);
            case (byte)'0':
                return Go(State.Zero, c);
            case >= (byte)'1' and <= (byte)'9':
                return Go(State.Integer, c);
            case >= (byte)'a' and <= (byte)'z':
                return Go(State.Keyword, c);
        }
        if ("{}[],:"u8.IndexOf(c) is >= 0 and var structural)
            return End((QmpTokenKind)structural, out kind);
        return Fail(c, out kind);
    }

    private bool Go(State next, byte c)
    {
        tokens.Append(c);
        _state = next;
        return false;
    }

    private bool End(QmpTokenKind ended, out QmpTokenKind kind)
    {
        kind = ended;
        tokens.EndToken(ended);
        _state = State.Start;
        return true;
    }

    private bool Fail(byte c, out QmpTokenKind kind)
    {
        tokens.Append(c);
        End(QmpTokenKind.Error, out kind);
        _state = State.Recovery;
        return true;
    }
}
