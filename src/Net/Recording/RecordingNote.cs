namespace QmpRedirector.Net;

/// <summary>Something that happened between two frames, for a comment.</summary>
/// <param name="AtNanoseconds">CLOCK_REALTIME: it belongs to the first frame that is not older.</param>
/// <param name="Text">A sentence without its time.</param>
internal readonly record struct RecordingNote(long AtNanoseconds, string Text)
{
    public override string ToString()
    {
        var (seconds, nanoseconds) = Math.DivRem(AtNanoseconds, 1_000_000_000);
        return $"{DateTimeOffset.FromUnixTimeSeconds(seconds):yyyy-MM-ddTHH:mm:ss}.{nanoseconds:000000000}Z {Text}";
    }
}
