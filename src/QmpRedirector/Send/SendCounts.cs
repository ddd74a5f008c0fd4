namespace QmpRedirector.Send;

/// <summary>What has become of the file's packets. Written by the sender alone; the progress line reads along.</summary>
internal sealed class SendCounts
{
    private readonly long[] _skipped = new long[Enum.GetValues<SkipReason>().Length];
    private long _frames;
    private long _bytes;

    /// <summary>Whole frames the kernel took for the peer.</summary>
    public long Frames => Volatile.Read(ref _frames);

    /// <summary>Bytes of their payload: virtio-net headers and Ethernet frames, as <c>decode</c> counts them.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public long Skipped(SkipReason reason) => _skipped[(int)reason];

    public void Sent(int payload)
    {
        Volatile.Write(ref _frames, _frames + 1);
        Volatile.Write(ref _bytes, _bytes + payload);
    }

    public void Skip(SkipReason reason) => _skipped[(int)reason]++;
}
