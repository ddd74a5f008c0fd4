using System.Globalization;
using QmpRedirector.Net;
using QmpRedirector.Redirectors;

namespace QmpRedirector.Metrics;

/// <summary>The one list of the program's metrics. Every drop reason and every state is there from the start, with 0.</summary>
internal static class Metrics
{
    private const string Counter = "counter";
    private const string Gauge = "gauge";
    private const string Histogram = "histogram";

    public static string Render(MetricsSnapshot snapshot)
    {
        var text = new PrometheusText();
        RenderVm(text, snapshot);
        RenderFrames(text, snapshot.Redirectors);
        RenderDrops(text, snapshot.Redirectors);
        RenderStates(text, snapshot.Redirectors);
        RenderLag(text, snapshot.Redirectors);
        RenderRecording(text, snapshot.Redirectors);
        return text.ToString();
    }

    private static void RenderVm(PrometheusText text, MetricsSnapshot snapshot)
    {
        text.Family("build_info", Gauge, "1, with the version of qmp-redirector.");
        text.Sample(1, ("version", snapshot.Version));
        text.Family("up", Gauge, "Whether all is in place: QMP is connected and no redirector waits for its TAP or first peer.");
        text.Sample(
            snapshot.QmpConnected
            && snapshot.Redirectors.All(r => r.State.Phase is RedirectorPhase.Armed or RedirectorPhase.Disarmed));
        text.Family("qmp_connected", Gauge, "Whether QMP is connected. While it is not, the last known run state stands.");
        text.Sample(snapshot.QmpConnected);
        text.Family("qmp_reconnects_total", Counter, "Connections to QMP after the first.");
        text.Sample(snapshot.QmpReconnects);
        text.Family("vm_running", Gauge, "Whether the VM's run state is running, as last known.");
        text.Sample(snapshot.VmRunning);
    }

    private static void RenderFrames(PrometheusText text, IReadOnlyList<RedirectorMetrics> redirectors)
    {
        Each(text, "captured_frames_total", Counter, redirectors, r => r.Account.KernelSeen,
            "Frames that passed the capture filter: forwarded, dropped, dropped by the kernel, or in the backlog.");
        RenderDirections(text, "taken_frames_total", redirectors, count => count.Packets,
            "Frames read from the kernel, by direction: tx goes to the guest, rx comes from it.");
        RenderDirections(text, "taken_bytes_total", redirectors, count => count.Bytes,
            "Bytes of those frames, from the Ethernet header on.");
        Each(text, "forwarded_frames_total", Counter, redirectors, r => r.Account.Forwarded,
            "Frames the peer's socket took whole.");
        Each(text, "extra_segments_total", Counter, redirectors, r => r.Account.ExtraSegments,
            "Segments of GSO frames beside the one each counts as forwarded with: the stream has as many frames more.");
        Each(text, "forwarded_bytes_total", Counter, redirectors, r => r.Account.ForwardedBytes,
            "Bytes of those frames and segments with their virtio-net headers, without the framing.");
        Each(text, "late_frames_total", Counter, redirectors, r => r.Account.Late,
            "Forwarded frames that are younger than the event that ended the capture, gone before it arrived.");
        Each(text, "backlog_frames", Gauge, redirectors, r => r.Account.InHand + r.Account.InKernel,
            "Frames accepted that the peer has not taken yet.");
        Each(text, "backlog_bytes", Gauge, redirectors, r => r.Account.Waiting.Bytes,
            "Kernel memory of the frames that wait in the rings.");
        Each(text, "backlog_limit_bytes", Gauge, redirectors, r => r.State.Backlog.Bytes,
            "Kernel memory of the rings; what finds no room in them is dropped by the kernel.");
    }

    private static void RenderDirections(
        PrometheusText text, string name, IReadOnlyList<RedirectorMetrics> redirectors, Func<PacketCount, long> value, string help)
    {
        text.Family(name, Counter, help);
        foreach (var redirector in redirectors)
        {
            text.Sample(value(redirector.Account.TowardsGuest), [.. Labels(redirector), ("direction", "tx")]);
            text.Sample(value(redirector.Account.FromGuest), [.. Labels(redirector), ("direction", "rx")]);
        }
    }

    private static void RenderDrops(PrometheusText text, IReadOnlyList<RedirectorMetrics> redirectors)
    {
        text.Family("dropped_frames_total", Counter, "Frames captured and not forwarded, by reason.");
        foreach (var redirector in redirectors)
        {
            foreach (var reason in DropReasons.All)
                text.Sample(redirector.Account.Dropped[(int)reason], [.. Labels(redirector), ("reason", reason.Name())]);
        }

        Each(text, "kernel_dropped_frames_total", Counter, redirectors, r => r.Account.KernelDropped,
            "Frames that found the backlog full.");
        Each(text, "account_errors_total", Counter, redirectors, r => r.Account.IdentitiesBroken,
            "How often the account of frames did not balance: anything but 0 is a defect of qmp-redirector.");
    }

    private static void RenderStates(PrometheusText text, IReadOnlyList<RedirectorMetrics> redirectors)
    {
        text.Family("state", Gauge, "1 for the state the redirector is in, 0 for the others.");
        foreach (var redirector in redirectors)
        {
            foreach (var phase in Enum.GetValues<RedirectorPhase>())
                text.Sample(redirector.State.Phase == phase, [.. Labels(redirector), ("state", phase.ToString().ToLowerInvariant())]);
        }

        Each(text, "peer_connected", Gauge, redirectors, r => r.Account.PeerConnected ? 1 : 0,
            "Whether a peer is connected to the outdev.");
    }

    private static void RenderLag(PrometheusText text, IReadOnlyList<RedirectorMetrics> redirectors)
    {
        text.Family(
            "arm_duration_seconds", Histogram,
            "Time from the QMP event that armed or disarmed the capture, by its own timestamp, to the kernel filter being in place.");
        foreach (var redirector in redirectors)
        {
            RenderLag(text, redirector.ArmLag, [.. Labels(redirector), ("edge", "arm")]);
            RenderLag(text, redirector.DisarmLag, [.. Labels(redirector), ("edge", "disarm")]);
        }
    }

    private static void RenderLag(PrometheusText text, EventLag lag, (string Name, string Value)[] labels)
    {
        var (counts, sum) = lag.Read();
        var total = 0L;
        for (var i = 0; i < counts.Count; i++)
        {
            total += counts[i];
            var bound = i < EventLag.Bounds.Count ? EventLag.Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            text.Sample("_bucket", total, [.. labels, ("le", bound)]);
        }

        text.Sample("_sum", sum, labels);
        text.Sample("_count", total, labels);
    }

    private static void RenderRecording(PrometheusText text, IReadOnlyList<RedirectorMetrics> redirectors)
    {
        var recorded = redirectors.Where(r => r.Recording is not null).ToList();
        if (recorded.Count == 0)
            return;
        Each(text, "pcapng_recorded_frames_total", Counter, recorded, r => r.Recording!.Value.Recorded,
            "Forwarded frames that are in the recording.");
        Each(text, "pcapng_lost_frames_total", Counter, recorded, r => r.Recording!.Value.Lost,
            "Forwarded frames that are not: its writer was too slow, or it has ended.");
    }

    private static void Each(
        PrometheusText text,
        string name,
        string type,
        IReadOnlyList<RedirectorMetrics> redirectors,
        Func<RedirectorMetrics, long> value,
        string help)
    {
        text.Family(name, type, help);
        foreach (var redirector in redirectors)
            text.Sample(value(redirector), Labels(redirector));
    }

    private static (string Name, string Value)[] Labels(RedirectorMetrics redirector) =>
        [("redirector", redirector.Id), ("netdev", redirector.Netdev)];
}
