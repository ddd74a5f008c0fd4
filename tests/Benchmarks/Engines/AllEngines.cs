namespace QmpRedirector.Benchmarks.Engines;

/// <summary>Who is compared with whom.</summary>
internal static class AllEngines
{
    private const int LargeSlot = 66112;

    public static Engine Rfc { get; } = new NativeEngine("C, the RFC's loop", "rfc_loop");

    public static Engine RecvMmsg { get; } = new NativeEngine("C, recvmmsg", "recvmmsg");

    public static Engine RingV3 { get; } = new NativeEngine("C, V3 ring", "ring_v3");

    /// <summary>As in the measurements this project began with.</summary>
    public static Engine RingV2 { get; } = V2("C, V2 ring, 50 us", slot: 2048, sleep: 50, prefetch: 0);

    /// <summary>27 cache lines: 2048 bytes put every header in the same sets of the cache.</summary>
    public static Engine TunedRingV2 { get; } = V2("C, V2 ring, 1 ms, odd slot", slot: 1728, sleep: 1000, prefetch: 8);

    public static Engine Sidecar { get; } = new SidecarEngine("qmp-redirector");

    public static Engine RestrictedSidecar { get; } = new SidecarEngine("qmp-redirector, CAP_NET_RAW alone", restricted: true);

    /// <summary>What the sidecar has to keep up with.</summary>
    public static IReadOnlyList<Engine> BestC { get; } = [RingV3, RingV2, TunedRingV2];

    /// <summary>All that can be asked for throughput, with equal memory where they can be told (32 MiB).</summary>
    public static IReadOnlyList<Engine> Forwarders { get; } =
        [Sidecar, RestrictedSidecar, Rfc, RecvMmsg, .. BestC, new TcpdumpEngine(), new MirrorEngine()];

    /// <summary>All whose frames can be timed at the peer.</summary>
    public static IReadOnlyList<Engine> Timed { get; } = [Sidecar, RestrictedSidecar, Rfc, RecvMmsg, .. BestC, new MirrorEngine()];

    /// <summary>A slot has to hold the whole of a super-frame.</summary>
    private static NativeEngine V2(string name, int slot, int sleep, int prefetch) => new(
        name, "ring_v2", traffic => [$"{(traffic.IsSuperFrames ? LargeSlot : slot)}", $"{sleep}", $"{prefetch}", "32"]);
}
