using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>
/// The classic BPF programs a capture runs in the kernel. The direction is the frame's packet type (SKF_AD_PKTTYPE):
/// PACKET_OUTGOING on a TAP is what the host sends towards the guest. The length is the frame's without a VLAN tag in metadata.
/// </summary>
internal static class CaptureFilter
{
    private const uint Whole = uint.MaxValue;

    // Disarmed: nothing is kept. Detaching the filter instead would accept everything.
    private static readonly sock_filter[] _dropAll = [new(BPF_RET_K, 0, 0, 0)];

    internal static ReadOnlySpan<sock_filter> DropAll => _dropAll;

    /// <summary>
    /// Accepts a direction's frames of more than <paramref name="above"/> and at most <paramref name="most"/> bytes; null: any number.
    /// </summary>
    internal static sock_filter[] Accept(CaptureDirection direction, int? above = null, int? most = null)
    {
        List<(ushort Code, bool? DropIf, uint Operand)> steps = [];
        if (direction != CaptureDirection.All)
        {
            steps.Add((BPF_LD_B_ABS, null, SKF_AD_PKTTYPE_ABS));
            steps.Add((BPF_JMP_JEQ_K, direction == CaptureDirection.FromGuest, PACKET_OUTGOING));
        }

        if (above is not null || most is not null)
            steps.Add((BPF_LD_W_LEN, null, 0));
        if (above is { } lower)
            steps.Add((BPF_JMP_JGT_K, false, (uint)lower));
        if (most is { } upper)
            steps.Add((BPF_JMP_JGT_K, true, (uint)upper));

        var program = new sock_filter[steps.Count + 2];
        for (var i = 0; i < steps.Count; i++)
        {
            // A jump's distance is counted from the instruction after it, to the last one.
            var toDrop = (byte)(steps.Count - i);
            var (code, dropIf, operand) = steps[i];
            program[i] = new(code, dropIf is true ? toDrop : (byte)0, dropIf is false ? toDrop : (byte)0, operand);
        }

        program[^2] = new(BPF_RET_K, 0, 0, Whole);
        program[^1] = new(BPF_RET_K, 0, 0, 0);
        return program;
    }
}
