namespace QmpRedirector.Net;

/// <summary>
/// The timestamps of the latest frames sent, so that when an event arrives the frames that went out after its own time can be counted.
/// </summary>
internal sealed class SentTimes
{
    // Enough for what a data thread sends while one event crosses a socket (100 us): at 2 Mpps that is 200 frames.
    private const int Remembered = 4096;

    private readonly long[] _times = new long[Remembered];
    private readonly long[] _expected = new long[Interop.SendBatch.Capacity];
    private int _next;
    private int _queued;
    private int _done;
    private bool _nextIsLate;

    /// <summary>The oldest frame queued is of a time in which the capture was off, and only there because it was half written.</summary>
    internal bool NextIsLate => _nextIsLate;

    /// <summary>A frame was queued for sending.</summary>
    internal void Expect(long timestamp)
    {
        Room()[0] = timestamp;
        Expected(1);
    }

    /// <summary>Where to write the timestamps of the next frames to be queued; <see cref="Expected"/> is told how many.</summary>
    internal Span<long> Room()
    {
        if (_done == _queued)
            _done = _queued = 0;
        return _expected.AsSpan(_queued);
    }

    /// <summary>So many frames were queued for sending, whose timestamps are written.</summary>
    internal void Expected(int frames) => _queued += frames;

    /// <summary>The oldest frame queued was sent. True when <see cref="CountWhenSent"/> was told to count it.</summary>
    internal bool Sent()
    {
        _times[_next] = _expected[_done++];
        _next = (_next + 1) % Remembered;
        var late = _nextIsLate;
        _nextIsLate = false;
        return late;
    }

    /// <summary>Every frame queued was sent. Returns how many of them are late.</summary>
    internal int SentAll()
    {
        var late = _nextIsLate ? 1 : 0;
        _nextIsLate = false;
        var sent = _expected.AsSpan(_done, _queued - _done);
        var toEnd = Math.Min(sent.Length, Remembered - _next);
        sent[..toEnd].CopyTo(_times.AsSpan(_next));
        sent[toEnd..].CopyTo(_times);
        _next = (_next + sent.Length) % Remembered;
        _done = _queued = 0;
        return late;
    }

    /// <summary>
    /// The oldest frame queued is half written, so it can no longer be dropped: if it is stamped after <paramref name="cutoff"/>, it is
    /// late once it is sent, and not if its connection ends first.
    /// </summary>
    internal void CountWhenSent(long cutoff) => _nextIsLate |= _queued > _done && _expected[_done] > cutoff;

    /// <summary>Forgets, from the newest of the queued frames on, at most <paramref name="most"/> that are stamped after a time.</summary>
    internal int ForgetAfter(long cutoff, int most)
    {
        var forgotten = 0;
        while (forgotten < most && _queued > _done && _expected[_queued - 1] > cutoff)
        {
            _queued--;
            forgotten++;
        }

        return forgotten;
    }

    /// <summary>The queued frames will not be sent.</summary>
    internal void Forget()
    {
        _done = _queued = 0;
        _nextIsLate = false;
    }

    /// <summary>How many of the remembered frames are stamped after <paramref name="cutoff"/>.</summary>
    internal int CountAfter(long cutoff)
    {
        var count = 0;
        foreach (var time in _times)
        {
            if (time > cutoff)
                count++;
        }

        return count;
    }
}
