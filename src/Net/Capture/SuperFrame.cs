using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>The GSO frame that is being cut into segments, for which there may not be room in one batch.</summary>
internal sealed class SuperFrame
{
    private RingSlot _slot;
    private FrameMetadata _metadata;
    private GsoSegments _segments;
    private int _length;
    private int _next;

    /// <summary>Every segment was cut, or there is no super-frame.</summary>
    internal bool IsCut => _next == _segments.Count;

    internal ref readonly FrameMetadata Metadata => ref _metadata;

    /// <summary>Begins with a frame that ends where its slot does.</summary>
    internal void Begin(RingSlot slot, in FrameMetadata metadata, int length, in GsoSegments segments)
    {
        _slot = slot;
        _metadata = metadata;
        _length = length;
        _segments = segments;
        _next = 0;
    }

    /// <summary>Bytes of the next segment with its framing.</summary>
    internal int NextLength(bool vnetHeaderSupport) => FrameConverter.LengthOf(_segments, _next, vnetHeaderSupport);

    /// <summary>Writes it; the slot goes back to the kernel with the last one.</summary>
    internal void CutNext(Span<byte> room, bool vnetHeaderSupport)
    {
        FrameConverter.Cut(_segments, _next, _slot.Bytes[^_length..], room, vnetHeaderSupport);
        if (++_next == _segments.Count)
            End();
    }

    /// <summary>Gives it up.</summary>
    internal void End()
    {
        _slot.Release();
        _slot = default;
        _segments = default;
        _next = 0;
    }
}
