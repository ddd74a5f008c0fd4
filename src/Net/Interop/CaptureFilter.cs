using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>
/// The classic BPF programs a capture runs in the kernel. The direction is the frame's packet type (SKF_AD_PKTTYPE):
/// PACKET_OUTGOING on a TAP is what the host sends towards the guest.
/// </summary>
internal static class CaptureFilter
{
    private const uint Whole = uint.MaxValue;

    // Disarmed: nothing is kept. Detaching the filter instead would accept everything.
    private static readonly sock_filter[] _dropAll = [new(BPF_RET_K, 0, 0, 0)];

    private static readonly sock_filter[] _all = [new(BPF_RET_K, 0, 0, Whole)];

    private static readonly sock_filter[] _towardsGuest =
    [
        new(BPF_LD_B_ABS, 0, 0, SKF_AD_PKTTYPE_ABS),
        new(BPF_JMP_JEQ_K, 0, 1, PACKET_OUTGOING),
        new(BPF_RET_K, 0, 0, Whole),
        new(BPF_RET_K, 0, 0, 0),
    ];

    private static readonly sock_filter[] _fromGuest =
    [
        new(BPF_LD_B_ABS, 0, 0, SKF_AD_PKTTYPE_ABS),
        new(BPF_JMP_JEQ_K, 1, 0, PACKET_OUTGOING),
        new(BPF_RET_K, 0, 0, Whole),
        new(BPF_RET_K, 0, 0, 0),
    ];

    internal static ReadOnlySpan<sock_filter> DropAll => _dropAll;

    internal static ReadOnlySpan<sock_filter> Accept(CaptureDirection direction) => direction switch
    {
        CaptureDirection.TowardsGuest => _towardsGuest,
        CaptureDirection.FromGuest => _fromGuest,
        _ => _all,
    };
}
