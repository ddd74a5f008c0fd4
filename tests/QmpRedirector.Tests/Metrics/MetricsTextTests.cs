using System.Collections.Immutable;
using QmpRedirector.Metrics;
using QmpRedirector.Net;
using QmpRedirector.Redirectors;

namespace QmpRedirector.Tests.Metrics;

internal sealed class MetricsTextTests
{
    [Test]
    public void The_text_is_exactly_this()
    {
        var lag = new EventLag();
        lag.Add(0.00005m);
        lag.Add(0.000211m);
        lag.Add(7);
        Assert.That(Render(One() with { ArmLag = lag, Recording = (18, 2) }), Is.EqualTo(
            """
            # HELP qmp_redirector_build_info 1, with the version of qmp-redirector.
            # TYPE qmp_redirector_build_info gauge
            qmp_redirector_build_info{version="1.2.3"} 1
            # HELP qmp_redirector_up Whether all is in place: QMP is connected and no redirector waits for its TAP or first peer.
            # TYPE qmp_redirector_up gauge
            qmp_redirector_up 1
            # HELP qmp_redirector_qmp_connected Whether QMP is connected. While it is not, the last known run state stands.
            # TYPE qmp_redirector_qmp_connected gauge
            qmp_redirector_qmp_connected 1
            # HELP qmp_redirector_qmp_reconnects_total Connections to QMP after the first.
            # TYPE qmp_redirector_qmp_reconnects_total counter
            qmp_redirector_qmp_reconnects_total 3
            # HELP qmp_redirector_vm_running Whether the VM's run state is running, as last known.
            # TYPE qmp_redirector_vm_running gauge
            qmp_redirector_vm_running 1
            # HELP qmp_redirector_captured_frames_total Frames that passed the capture filter: forwarded, dropped, dropped by the kernel, or in the backlog.
            # TYPE qmp_redirector_captured_frames_total counter
            qmp_redirector_captured_frames_total{redirector="f0",netdev="net0"} 40
            # HELP qmp_redirector_taken_frames_total Frames read from the kernel, by direction: tx goes to the guest, rx comes from it.
            # TYPE qmp_redirector_taken_frames_total counter
            qmp_redirector_taken_frames_total{redirector="f0",netdev="net0",direction="tx"} 30
            qmp_redirector_taken_frames_total{redirector="f0",netdev="net0",direction="rx"} 3
            # HELP qmp_redirector_taken_bytes_total Bytes of those frames, from the Ethernet header on.
            # TYPE qmp_redirector_taken_bytes_total counter
            qmp_redirector_taken_bytes_total{redirector="f0",netdev="net0",direction="tx"} 3000
            qmp_redirector_taken_bytes_total{redirector="f0",netdev="net0",direction="rx"} 180
            # HELP qmp_redirector_forwarded_frames_total Frames the peer's socket took whole.
            # TYPE qmp_redirector_forwarded_frames_total counter
            qmp_redirector_forwarded_frames_total{redirector="f0",netdev="net0"} 20
            # HELP qmp_redirector_extra_segments_total Segments of GSO frames beside the one each counts as forwarded with: the stream has as many frames more.
            # TYPE qmp_redirector_extra_segments_total counter
            qmp_redirector_extra_segments_total{redirector="f0",netdev="net0"} 0
            # HELP qmp_redirector_forwarded_bytes_total Bytes of those frames and segments with their virtio-net headers, without the framing.
            # TYPE qmp_redirector_forwarded_bytes_total counter
            qmp_redirector_forwarded_bytes_total{redirector="f0",netdev="net0"} 2000
            # HELP qmp_redirector_late_frames_total Forwarded frames that are younger than the event that ended the capture, gone before it arrived.
            # TYPE qmp_redirector_late_frames_total counter
            qmp_redirector_late_frames_total{redirector="f0",netdev="net0"} 1
            # HELP qmp_redirector_backlog_frames Frames accepted that the peer has not taken yet.
            # TYPE qmp_redirector_backlog_frames gauge
            qmp_redirector_backlog_frames{redirector="f0",netdev="net0"} 9
            # HELP qmp_redirector_backlog_bytes Kernel memory of the frames that wait in the rings.
            # TYPE qmp_redirector_backlog_bytes gauge
            qmp_redirector_backlog_bytes{redirector="f0",netdev="net0"} 768
            # HELP qmp_redirector_backlog_limit_bytes Kernel memory of the rings; what finds no room in them is dropped by the kernel.
            # TYPE qmp_redirector_backlog_limit_bytes gauge
            qmp_redirector_backlog_limit_bytes{redirector="f0",netdev="net0"} 33554432
            # HELP qmp_redirector_dropped_frames_total Frames captured and not forwarded, by reason.
            # TYPE qmp_redirector_dropped_frames_total counter
            qmp_redirector_dropped_frames_total{redirector="f0",netdev="net0",reason="peer_disconnected"} 5
            qmp_redirector_dropped_frames_total{redirector="f0",netdev="net0",reason="disarmed"} 0
            qmp_redirector_dropped_frames_total{redirector="f0",netdev="net0",reason="truncated"} 0
            qmp_redirector_dropped_frames_total{redirector="f0",netdev="net0",reason="oversize"} 0
            qmp_redirector_dropped_frames_total{redirector="f0",netdev="net0",reason="bad_offload"} 0
            qmp_redirector_dropped_frames_total{redirector="f0",netdev="net0",reason="linger_expired"} 0
            qmp_redirector_dropped_frames_total{redirector="f0",netdev="net0",reason="shutdown"} 0
            # HELP qmp_redirector_kernel_dropped_frames_total Frames that found the backlog full.
            # TYPE qmp_redirector_kernel_dropped_frames_total counter
            qmp_redirector_kernel_dropped_frames_total{redirector="f0",netdev="net0"} 6
            # HELP qmp_redirector_account_errors_total How often the account of frames did not balance: anything but 0 is a defect of qmp-redirector.
            # TYPE qmp_redirector_account_errors_total counter
            qmp_redirector_account_errors_total{redirector="f0",netdev="net0"} 0
            # HELP qmp_redirector_state 1 for the state the redirector is in, 0 for the others.
            # TYPE qmp_redirector_state gauge
            qmp_redirector_state{redirector="f0",netdev="net0",state="waiting"} 0
            qmp_redirector_state{redirector="f0",netdev="net0",state="disarmed"} 0
            qmp_redirector_state{redirector="f0",netdev="net0",state="armed"} 1
            qmp_redirector_state{redirector="f0",netdev="net0",state="draining"} 0
            # HELP qmp_redirector_peer_connected Whether a peer is connected to the outdev.
            # TYPE qmp_redirector_peer_connected gauge
            qmp_redirector_peer_connected{redirector="f0",netdev="net0"} 1
            # HELP qmp_redirector_arm_duration_seconds Time from the QMP event that armed or disarmed the capture, by its own timestamp, to the kernel filter being in place.
            # TYPE qmp_redirector_arm_duration_seconds histogram
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="arm",le="0.00005"} 1
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="arm",le="0.0001"} 1
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="arm",le="0.0002"} 1
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="arm",le="0.0005"} 2
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="arm",le="0.001"} 2
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="arm",le="0.002"} 2
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="arm",le="0.005"} 2
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="arm",le="0.01"} 2
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="arm",le="0.1"} 2
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="arm",le="1"} 2
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="arm",le="+Inf"} 3
            qmp_redirector_arm_duration_seconds_sum{redirector="f0",netdev="net0",edge="arm"} 7.000261
            qmp_redirector_arm_duration_seconds_count{redirector="f0",netdev="net0",edge="arm"} 3
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="disarm",le="0.00005"} 0
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="disarm",le="0.0001"} 0
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="disarm",le="0.0002"} 0
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="disarm",le="0.0005"} 0
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="disarm",le="0.001"} 0
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="disarm",le="0.002"} 0
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="disarm",le="0.005"} 0
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="disarm",le="0.01"} 0
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="disarm",le="0.1"} 0
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="disarm",le="1"} 0
            qmp_redirector_arm_duration_seconds_bucket{redirector="f0",netdev="net0",edge="disarm",le="+Inf"} 0
            qmp_redirector_arm_duration_seconds_sum{redirector="f0",netdev="net0",edge="disarm"} 0
            qmp_redirector_arm_duration_seconds_count{redirector="f0",netdev="net0",edge="disarm"} 0
            # HELP qmp_redirector_pcapng_recorded_frames_total Forwarded frames that are in the recording.
            # TYPE qmp_redirector_pcapng_recorded_frames_total counter
            qmp_redirector_pcapng_recorded_frames_total{redirector="f0",netdev="net0"} 18
            # HELP qmp_redirector_pcapng_lost_frames_total Forwarded frames that are not: its writer was too slow, or it has ended.
            # TYPE qmp_redirector_pcapng_lost_frames_total counter
            qmp_redirector_pcapng_lost_frames_total{redirector="f0",netdev="net0"} 2

            """.ReplaceLineEndings("\n")));
    }

    [Test]
    public void Every_drop_reason_is_there_from_the_start([Values] DropReason reason) =>
        Assert.That(Render(One()), Does.Contain($",reason=\"{reason.Name()}\"}} "));

    [Test]
    public void Exactly_the_state_it_is_in_is_1([Values] RedirectorPhase phase)
    {
        var lines = Render(In(phase)).Split('\n')
            .Where(line => line.StartsWith("qmp_redirector_state{", StringComparison.Ordinal)).ToList();
        Assert.That(lines, Has.Count.EqualTo(Enum.GetValues<RedirectorPhase>().Length));
        Assert.That(
            lines.Single(line => line.EndsWith(" 1", StringComparison.Ordinal)),
            Does.Contain($"state=\"{phase.ToString().ToLowerInvariant()}\""));
    }

    [TestCase(RedirectorPhase.Waiting, true, 0)]
    [TestCase(RedirectorPhase.Disarmed, true, 1)]
    [TestCase(RedirectorPhase.Armed, true, 1)]
    [TestCase(RedirectorPhase.Armed, false, 0)]
    [TestCase(RedirectorPhase.Draining, true, 0)]
    public void Up_is_all_in_place(RedirectorPhase phase, bool qmpConnected, int up) =>
        Assert.That(
            QmpRedirector.Metrics.Metrics.Render(Snapshot(In(phase)) with { QmpConnected = qmpConnected }),
            Does.Contain($"\nqmp_redirector_up {up}\n"));

    [Test]
    public void Several_redirectors_stand_together_under_one_name()
    {
        var text = QmpRedirector.Metrics.Metrics.Render(Snapshot(One(), One() with { Id = "f1" }));
        Assert.That(text, Does.Contain(
            "# TYPE qmp_redirector_captured_frames_total counter\n"
            + "qmp_redirector_captured_frames_total{redirector=\"f0\",netdev=\"net0\"} 40\n"
            + "qmp_redirector_captured_frames_total{redirector=\"f1\",netdev=\"net0\"} 40\n"));
        var names = text.Split('\n').Where(line => line.StartsWith("# TYPE", StringComparison.Ordinal)).ToList();
        Assert.That(names, Is.Unique);
    }

    [Test]
    public void Any_name_of_a_netdev_is_escaped() =>
        Assert.That(Render(One() with { Netdev = "a\\b\"c\nd" }), Does.Contain("""netdev="a\\b\"c\nd"}"""));

    [Test]
    public void Without_a_recording_nothing_is_said_of_one() => Assert.That(Render(One()), Does.Not.Contain("pcapng"));

    private static string Render(RedirectorMetrics redirector) => QmpRedirector.Metrics.Metrics.Render(Snapshot(redirector));

    private static MetricsSnapshot Snapshot(params RedirectorMetrics[] redirectors) => new()
    {
        Version = "1.2.3",
        QmpConnected = true,
        QmpReconnects = 3,
        VmRunning = true,
        Redirectors = redirectors,
    };

    private static RedirectorMetrics One() => In(RedirectorPhase.Armed);

    private static RedirectorMetrics In(RedirectorPhase phase) => new()
    {
        Id = "f0",
        Netdev = "net0",
        State = new RedirectorState(phase, null, "tap0", 12, new BacklogCapacity(32 << 20, [(69_696, 480)]), null, 0),
        ArmLag = new EventLag(),
        DisarmLag = new EventLag(),
        Account = new ForwarderSnapshot
        {
            KernelSeen = 40,
            KernelDropped = 6,
            Taken = 33,
            TowardsGuest = new PacketCount(30, 3000),
            FromGuest = new PacketCount(3, 180),
            Forwarded = 20,
            ForwardedBytes = 2000,
            ExtraSegments = 0,
            WrittenBytes = 2080,
            PartialBytes = 0,
            Dropped = [5, .. ImmutableArray.Create(new long[DropReasons.All.Count - 1])],
            InHand = 8,
            Waiting = new PacketCount(1, 768),
            Late = 1,
            IdentitiesBroken = 0,
            RingsRemade = 0,
            HandOvers = 0,
            FramingBytes = 4,
            PeerConnected = true,
        },
    };
}
