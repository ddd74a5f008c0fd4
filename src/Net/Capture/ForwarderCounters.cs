using System.Collections.Immutable;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net;

/// <summary>The counts of one forwarder. Only its data thread touches them.</summary>
internal sealed class ForwarderCounters(int framingBytes)
{
    private readonly long[] _dropped = new long[DropReasons.All.Count];

    internal long KernelSeen { get; set; }

    internal long KernelDropped { get; set; }

    internal long Taken { get; set; }

    internal long BytesTaken => TowardsGuest.Bytes + FromGuest.Bytes;

    internal PacketCount TowardsGuest { get; private set; }

    internal PacketCount FromGuest { get; private set; }

    internal long Forwarded { get; set; }

    internal long ForwardedBytes { get; set; }

    internal long ExtraSegments { get; set; }

    internal long WrittenBytes { get; set; }

    internal long TornBytes { get; set; }

    internal long Late { get; set; }

    internal long IdentitiesBroken { get; set; }

    internal long RingsRemade { get; set; }

    internal long HandOvers { get; set; }

    /// <summary>A frame was read.</summary>
    internal void Take(in FrameMetadata metadata)
    {
        Taken++;
        var bytes = metadata.Length - VnetHeader.LegacySize;
        if (metadata.IsTowardsGuest)
            TowardsGuest = TowardsGuest.Plus(bytes);
        else
            FromGuest = FromGuest.Plus(bytes);
    }

    /// <summary>Frames were read.</summary>
    internal void Take(in RunTotals run)
    {
        Taken += run.Frames;
        TowardsGuest = TowardsGuest.Plus(new PacketCount(run.FramesTowardsGuest, run.BytesTowardsGuest));
        FromGuest = FromGuest.Plus(new PacketCount(run.Frames - run.FramesTowardsGuest, run.Bytes - run.BytesTowardsGuest));
    }

    internal void Drop(DropReason reason, int frames = 1) => _dropped[(int)reason] += frames;

    internal ForwarderSnapshot Snapshot(long seen, int inHand, int partialBytes, PacketCount waiting, bool peerConnected) => new()
    {
        KernelSeen = seen,
        KernelDropped = KernelDropped,
        Taken = Taken,
        TowardsGuest = TowardsGuest,
        FromGuest = FromGuest,
        Forwarded = Forwarded,
        ForwardedBytes = ForwardedBytes,
        ExtraSegments = ExtraSegments,
        WrittenBytes = WrittenBytes,
        PartialBytes = TornBytes + partialBytes,
        Dropped = ImmutableArray.Create(_dropped),
        InHand = inHand,
        Waiting = waiting,
        Late = Late,
        IdentitiesBroken = IdentitiesBroken,
        RingsRemade = RingsRemade,
        HandOvers = HandOvers,
        FramingBytes = framingBytes,
        PeerConnected = peerConnected,
    };
}
