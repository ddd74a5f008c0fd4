using System.Globalization;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.LabTests;

/// <summary>What became of the numbered frames of one migration.</summary>
/// <param name="Load">What was sent.</param>
/// <param name="Migration">What it is the account of.</param>
/// <param name="Received">The numbers the guest has received, in its order.</param>
/// <param name="Mirrored">The numbers the sidecar mirrored from the source's TAP, in its order.</param>
/// <param name="Announcements">What else it mirrored: the announcements of the guest's new place.</param>
/// <param name="Source">What the source's TAP counted meanwhile.</param>
internal sealed record SwitchoverAccount(
    NumberedLoad Load, Migration Migration, int[] Received, int[] Mirrored, int Announcements, LinkCounters Source)
{
    private SendLog Log => Load.Log;

    private DateTimeOffset Stop => Migration.Stop;

    private DateTimeOffset Resume => Migration.Resume;

    public int[] Lost { get; } = [.. Enumerable.Range(0, Load.Log.Count).Except(Received)];

    /// <summary>What came to the guest by the source's TAP, if all that was lost is one gap.</summary>
    public int ReceivedAtSource => Lost[0];

    /// <summary>
    /// What was taken out of the source's TAP and never was the guest's: when vhost has stopped QEMU reads for itself.
    /// </summary>
    public long ReadByQemu => Source.TxPackets - ReceivedAtSource;

    /// <summary>What nobody took out of the source's TAP.</summary>
    public long LeftInRing => Mirrored.Length + Announcements - Source.TxPackets - Source.TxDropped;

    public string Table()
    {
        var beforeStop = Lost.Count(number => Log.After(number) < Stop);
        var afterResume = Lost.Count(number => Log.After(number) >= Resume);
        var first = (Stop - Log.Before(Lost[0])).TotalMilliseconds;
        var last = (Log.Before(Lost[^1]) - Resume).TotalMilliseconds;
        var learned = (Log.Before(Mirrored[^1] + 1) - Resume).TotalMilliseconds;
        return string.Create(CultureInfo.InvariantCulture, $"""
            A live migration of a guest with vhost=on (downtime-limit {Migration.DowntimeLimit} ms), the source's TAP mirrored
              sent to the guest                   {Log.Count,6} frames, {Load.Rate:F0} a second
              received by it at the source        {ReceivedAtSource,6}
              received by it at the destination   {Received.Length - ReceivedAtSource,6}
              lost                                {Lost.Length,6}
                mirrored from the source's TAP    {Lost.Intersect(Mirrored).Count(),6}
                sent before STOP                  {beforeStop,6}   the first {first:F1} ms before
                sent between STOP and RESUME      {Lost.Length - beforeStop - afterResume,6}   in {(Resume - Stop).TotalMilliseconds:F1} ms
                sent after RESUME                 {afterResume,6}   the last {last:F1} ms after
              the first frame to the destination's TAP was sent {learned:F1} ms after RESUME
              the source's TAP: {Mirrored.Length} frames and {Announcements} announcements mirrored =
                {ReceivedAtSource} received + {ReadByQemu} read by QEMU itself + {LeftInRing} left in its ring + {Source.TxDropped} dropped

            """);
    }
}
