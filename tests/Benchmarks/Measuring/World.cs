using System.Globalization;
using QmpRedirector.SystemTests.Interop;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.Benchmarks.Measuring;

/// <summary>
/// Where everything is measured: a network namespace with a TAP, held by a stopped QEMU that reads nothing from it, so that what the TAP's
/// reader costs is in no figure. All engines capture there, and forward to <see cref="PeerPath"/>.
/// </summary>
internal sealed class World : IAsyncDisposable
{
    public const string TapName = Lab.TapName;

    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(50);

    private World(Lab lab, NativePrograms programs, Settings settings, CancellationToken cancellation)
    {
        Lab = lab;
        Programs = programs;
        Settings = settings;
        Cancellation = cancellation;
    }

    public Lab Lab { get; }

    public NativePrograms Programs { get; }

    public Settings Settings { get; }

    public CancellationToken Cancellation { get; }

    /// <summary>Where the reader listens.</summary>
    public string PeerPath => Lab.PathOf("peer");

    public static async Task<World> CreateAsync(Settings settings, CancellationToken cancellation)
    {
        var lab = await Lab.CreateAsync();
        try
        {
            var world = new World(lab, await NativePrograms.BuildAsync(lab.Folder), settings, cancellation);
            var tap = await lab.OpenTapAsync(vnetHeaderLength: 10, inheritable: true);
            var monitors = Enumerable.Range(0, settings.Redirectors.Max())
                .SelectMany(i => (string[])["-qmp", $"unix:{world.MonitorOf(i)},server=on,wait=off"]);
            await lab.StartQemuAsync(
                ["-S", "-netdev", $"tap,id=net0,fd={tap.Descriptor}", "-device", "virtio-net-pci,netdev=net0,romfile=", .. monitors]);
            tap.TurnOffloadsOn();
            return world;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>One of QEMU's monitors; each serves one sidecar at a time.</summary>
    public string MonitorOf(int process) => Lab.PathOf($"qmp{process}");

    public Task<NativeProcess> StartAsync(int cpu, string program, params string[] arguments) =>
        NativeProcess.StartAsync(this, cpu, program, arguments);

    public Task<NativeProcess> StartReaderAsync() => StartAsync(Cpus.Ends, "drain", PeerPath);

    /// <summary>Sends to the end.</summary>
    public async Task<Sending> SendAsync(Traffic traffic, double seconds, string ifname = TapName)
    {
        await using var generator = NativeProcess.Start(
            this, Cpus.Ends, "generator", ifname, traffic.Size, Text(seconds), Text(traffic.Rate));
        return Sending.Parse(await generator.WaitForNumbersAsync());
    }

    /// <summary>Waits until these processes have nothing to do any more.</summary>
    public async Task SettleAsync(params int[] processes)
    {
        const int quiet = 2;
        // A thousandth of a CPU.
        var idle = _look.TotalNanoseconds / 1000;
        var started = TimeProvider.System.GetTimestamp();
        var used = ProcessCpu.Nanoseconds(processes);
        for (var looks = 0; looks < quiet;)
        {
            await Task.Delay(_look, Cancellation);
            var now = ProcessCpu.Nanoseconds(processes);
            looks = now - used < idle && !ProcessCpu.WaitForCpu(processes) ? looks + 1 : 0;
            used = now;
            if (TimeProvider.System.GetElapsedTime(started) > 3 * Eventually.Deadline)
                Assert.Fail("The engine is still busy long after the last frame.");
        }
    }

    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
