using System.Net.Sockets;

namespace QmpRedirector.Net;

/// <summary>What the control plane asks of the data thread; taken between two batches.</summary>
internal abstract record ForwarderCommand
{
    /// <summary>The data thread has ended and will not take this command.</summary>
    internal virtual void AnswerAfterEnd(ForwarderSnapshot final)
    {
    }

    /// <summary>The filter is in place; drop what is in hand after the cutoff, and check the account once the queue is empty.</summary>
    internal sealed record Disarmed(long Cutoff) : ForwarderCommand;

    internal sealed record SetVnetHeaderLength(int Bytes) : ForwarderCommand;

    internal sealed record SetHoldWithoutPeer(bool Holds) : ForwarderCommand;

    internal sealed record AttachPeer(Socket Peer) : ForwarderCommand
    {
        internal TaskCompletionSource<PeerLoss> Lost { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal override void AnswerAfterEnd(ForwarderSnapshot final) => Lost.TrySetResult(PeerLoss.Stopped);
    }

    internal sealed record TakeSnapshot : ForwarderCommand
    {
        internal TaskCompletionSource<ForwarderSnapshot> Taken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal override void AnswerAfterEnd(ForwarderSnapshot final) => Taken.TrySetResult(final);
    }

    internal sealed record Drain(TimeSpan Linger) : ForwarderCommand
    {
        internal TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal override void AnswerAfterEnd(ForwarderSnapshot final) => Done.TrySetResult();
    }

    internal sealed record CancelDrain : ForwarderCommand;

    internal sealed record Stop : ForwarderCommand;
}
