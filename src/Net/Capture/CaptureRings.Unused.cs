using System.Diagnostics;

namespace QmpRedirector.Net;

/// <remarks>
/// The kind of ring that is not used costs nobody anything after a while: there is no ring of blocks, and the sockets of either kind are
/// parked, as each that is bound costs senders a filter that drops everything.
/// </remarks>
internal sealed partial class CaptureRings
{
    private RingState _ring = RingState.None;
    private SlotState _slotsAre = SlotState.Bound;
    private long? _failedAt;

    private enum RingState
    {
        None,
        BeingMade,
        Ready,
        Parking,
        BeingDropped,
    }

    private enum SlotState
    {
        Bound,
        Parking,
        Parked,
        Binding,
    }

    private TimeSpan NextStepOfSlots => _slotsAre switch
    {
        SlotState.Bound => RingChoice.Silence,
        SlotState.Parked => RingChoice.Quiet,
        _ => 5 * _step,
    };

    /// <summary>The ring of blocks is made when it is wanted, and given up when it has not been for long and nothing of it is in hand.</summary>
    private void StepRing(bool isWanted, long now)
    {
        switch (_ring)
        {
            case RingState.None when isWanted && (_failedAt is not { } failed || Stopwatch.GetElapsedTime(failed, now) >= _choice.Keep):
                _blocks!.BeginMaking();
                _ring = RingState.BeingMade;
                break;
            case RingState.BeingMade when !_blocks!.IsBusy:
                _ring = _blocks.TakeMade() ? RingState.Ready : RingState.None;
                _failedAt = _ring == RingState.Ready ? null : now;
                _changedAt = now;
                break;
            case RingState.Ready when Stopwatch.GetElapsedTime(_changedAt, now) >= _choice.Keep && !Ring!.IsInHand:
                _blocks!.BeginParking();
                _ring = RingState.Parking;
                break;
            case RingState.Parking when !_blocks!.IsBusy:
                PassOverCopies();
                if (CountHidden() > 0)
                    break;
                _blocks.BeginDropping();
                _ring = RingState.BeingDropped;
                break;
            case RingState.BeingDropped when !_blocks!.IsBusy:
                _ring = RingState.None;
                break;
        }
    }

    /// <summary>
    /// The sockets of the slots are parked when blocks have been used for long, as each costs senders a filter that drops everything, and
    /// bound again when they may be wanted.
    /// </summary>
    private void StepSlots(bool areWanted, long now)
    {
        switch (_slotsAre)
        {
            case SlotState.Bound when !areWanted && Stopwatch.GetElapsedTime(_changedAt, now) >= _choice.Settled:
                _slots.BeginParking();
                _slotsAre = SlotState.Parking;
                break;
            case SlotState.Parking when !_slots.IsBusy:
                _slotsAre = SlotState.Parked;
                break;
            case SlotState.Parked when areWanted:
                _slots.BeginBinding();
                _slotsAre = SlotState.Binding;
                break;
            case SlotState.Binding when !_slots.IsBusy:
                _slotsAre = SlotState.Bound;
                _changedAt = now;
                break;
        }
    }
}
