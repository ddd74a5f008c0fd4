using System.Globalization;
using System.Text;
using QmpRedirector.Net;

namespace QmpRedirector.Running;

/// <summary>The counters of one redirector in one line of <c>key=value</c>, written when it ends.</summary>
internal static class ClosingReport
{
    /// <summary>Every drop reason is there, with 0 where nothing was dropped, so that a script can rely on the keys.</summary>
    public static string Line(string id, ForwarderSnapshot account, FrameRecorder? recorder)
    {
        var line = new StringBuilder();
        var culture = CultureInfo.InvariantCulture;
        line.Append(culture, $"{id}: kernel_seen={account.KernelSeen} kernel_dropped={account.KernelDropped} taken={account.Taken}");
        line.Append(culture, $" forwarded={account.Forwarded} extra_segments={account.ExtraSegments} bytes={account.WrittenBytes - account.PartialBytes}");
        line.Append(culture, $" in_hand={account.InHand} in_kernel={account.InKernel} partial_bytes={account.PartialBytes} late={account.Late}");
        if (account.RingsRemade > 0)
            line.Append(culture, $" rings_remade={account.RingsRemade}");
        if (account.HandOvers > 0)
            line.Append(culture, $" hand_overs={account.HandOvers}");
        foreach (var reason in DropReasons.All)
            line.Append(culture, $" dropped.{reason.Name()}={account.Dropped[(int)reason]}");
        if (recorder is not null)
            line.Append(culture, $" pcapng_recorded={recorder.Recorded} pcapng_lost={recorder.Lost}");
        line.Append(account.IsBalanced && account.IdentitiesBroken == 0 ? " identities=ok" : " identities=broken");
        return line.ToString();
    }
}
