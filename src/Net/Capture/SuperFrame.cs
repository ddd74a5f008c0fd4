using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>The GSO frame that is being cut into segments, for which there may not be room in one batch.</summary>
internal sealed class SuperFrame
{
    private RingSlot _slot;
    private FrameMetadata _metadata;
    private GsoSegments _plan;
    private int _length;
    private int _next;

    /// <summary>Every segment was cut, or there is no super-frame.</summary>
    internal bool IsCut => _next == _plan.Count;

    internal ref readonly FrameMetadata Metadata => ref _metadata;

    /// <summary>How to cut it; to be written before <see cref="Begin"/>.</summary>
    internal ref GsoSegments Plan => ref _plan;

    /// <summary>Begins with a frame that ends where its slot does.</summary>
    internal void Begin(RingSlot slot, in FrameMetadata metadata, int length)
    {
        _slot = slot;
        _metadata = metadata;
        _length = length;
    }

    /// <summary>Bytes of the next segment with its framing.</summary>
    internal int NextLength(bool vnetHeaderSupport) => FrameConverter.LengthOf(_plan, _next, vnetHeaderSupport);

    /// <summary>Writes it; the slot goes back to the kernel with the last one.</summary>
    internal void CutNext(Span<byte> room, bool vnetHeaderSupport)
    {
        FrameConverter.Cut(_plan, _next, _slot.Bytes[^_length..], room, vnetHeaderSupport);
        if (++_next == _plan.Count)
            End();
    }

    /// <summary>Gives it up.</summary>
    internal void End()
    {
        _slot.Release();
        _slot = default;
        _plan = default;
        _next = 0;
    }
}
