using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.RunStates;

/// <summary>
/// The activation table on a real QEMU: in every run state that can be reached and seen by QMP, one frame, and eight redirectors of which
/// some must forward it. save-vm, restore-vm, internal-error and colo are left to <see cref="ScriptedMonitorTests"/>.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class ActivationTests
{
    /// <summary>
    /// Shell commands for the guest: the i6300esb's clock to 1 MHz, then on. Its two timers have their defaults, and end after a second
    /// each (hw/watchdog/wdt_i6300esb.c).
    /// </summary>
    private const string StartWatchdog =
        @"SH cd /sys/bus/pci/devices/0000:00:10.0; printf '\004\000' | dd of=config bs=2 seek=48 conv=notrunc; "
        + @"printf '\002' | dd of=config bs=1 seek=104 conv=notrunc";

    private GuestImage _image = null!;

    [OneTimeSetUp]
    public async Task The_guest_is_built() => _image = await GuestImage.GetAsync();

    [Test]
    public async Task Each_redirector_forwards_in_the_run_states_of_a_guests_life_that_are_its_own()
    {
        await using var lab = await Lab.CreateAsync();
        await Tap.CreatePersistentAsync(lab.Namespace, Lab.TapName);
        var qemu = await lab.StartQemuAsync([
            .. QemuProcess.TapAndNic(Lab.TapName), .. _image.Arguments(lab.PathOf("console")), .. await FailingDiskAsync(lab), "-S",
            "-device", "pvpanic", "-device", "i6300esb,addr=10", "-action", "panic=pause,watchdog=pause",
            "-gdb", $"unix:{lab.PathOf("gdb")},server=on,wait=off",
        ]);
        var guest = lab.Own(await GuestConsole.ConnectAsync(lab.PathOf("console")));
        var redirectors = await EightRedirectors.StartAsync(lab);
        await redirectors.ReadyAsync();

        await EnterAsync("prelaunch", () => Task.CompletedTask, since: 0);
        await EnterAsync("running", () => qemu.Qmp.ExecuteAsync("cont"));
        await guest.WaitForBootAsync();
        redirectors.Send("running");

        await EnterAsync("paused", () => qemu.Qmp.ExecuteAsync("stop"));
        await EnterAsync("running", () => qemu.Qmp.ExecuteAsync("cont"));

        var mark = redirectors.LogMark;
        await EnterAsync("suspended", () => guest.SendAsync("SLEEP"));
        Assert.That(redirectors.LogSince(mark), Does.Not.Contain("STOP event"), "QEMU 7.2 says SUSPEND and no STOP");
        await EnterAsync("running", () => qemu.Qmp.ExecuteAsync("system_wakeup"));
        await guest.WaitForAsync("@WAKE");

        await EnterAsync("io-error", () => guest.SendAsync("WRITE"));
        await EnterAsync("running", () => qemu.Qmp.ExecuteAsync("cont"));
        await guest.WaitForAsync("@WRITE written=512");

        await EnterAsync("watchdog", () => guest.SendAsync(StartWatchdog));
        await EnterAsync("running", () => qemu.Qmp.ExecuteAsync("cont"));

        // A debugger stops the VM by connecting; after a single step the run state is debug.
        using var debugger = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await EnterAsync("paused", () => debugger.ConnectAsync(new UnixDomainSocketEndPoint(lab.PathOf("gdb"))));
        await EnterAsync("debug", () => SendAsync(debugger, "+$s#73"));
        await EnterAsync("running", () => SendAsync(debugger, "+$D#44"));

        await EnterAsync("finish-migrate", () => qemu.Qmp.MigrateAsync("cat > /dev/null", pauseBeforeSwitchover: true));
        // No event tells of the way from here to postmigrate, unless management has switched on those of MIGRATION.
        await qemu.Qmp.ExecuteAsync("migrate-continue", new JsonObject { ["state"] = "pre-switchover" });
        await qemu.Qmp.WaitForRunStateAsync("postmigrate");
        redirectors.Send("postmigrate");
        await EnterAsync("running", () => qemu.Qmp.ExecuteAsync("cont"));

        await EnterAsync("guest-panicked", () => guest.SendAsync("PANIC"));
        await redirectors.EndAsync();

        Task EnterAsync(string runState, Func<Task> how, int? since = null) => EnterRunStateAsync(redirectors, qemu, runState, how, since);
    }

    [Test]
    public async Task Each_redirector_forwards_before_a_migration_comes_in_or_after_a_shutdown_as_it_should()
    {
        await using var lab = await Lab.CreateAsync();
        var source = await lab.StartQemuWithTapAsync();
        await source.Qmp.MigrateAsync($"cat > {lab.PathOf("state")}");
        await source.Qmp.WaitForRunStateAsync("postmigrate");
        await source.KillAsync();
        var qemu = await lab.StartQemuAsync([.. QemuProcess.TapAndNic(Lab.TapName), "-incoming", "defer", "-no-shutdown"]);
        var redirectors = await EightRedirectors.StartAsync(lab);
        await redirectors.ReadyAsync();

        await EnterAsync("inmigrate", () => Task.CompletedTask, since: 0);
        await EnterAsync(
            "running", () => qemu.Qmp.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = $"exec:cat {lab.PathOf("state")}" }));
        await OnResetAsync("shutdown");
        await EnterAsync("shutdown", () => qemu.Qmp.ExecuteAsync("system_reset"));
        await OnResetAsync("reset");
        await EnterAsync("prelaunch", () => qemu.Qmp.ExecuteAsync("system_reset"));
        await EnterAsync("running", () => qemu.Qmp.ExecuteAsync("cont"));
        await redirectors.EndAsync();

        Task OnResetAsync(string action) => qemu.Qmp.ExecuteAsync("set-action", new JsonObject { ["reboot"] = action });

        Task EnterAsync(string runState, Func<Task> how, int? since = null) => EnterRunStateAsync(redirectors, qemu, runState, how, since);
    }

    private static async Task EnterRunStateAsync(
        EightRedirectors redirectors, QemuProcess qemu, string runState, Func<Task> how, int? since)
    {
        var mark = since ?? redirectors.LogMark;
        await how();
        await qemu.Qmp.WaitForRunStateAsync(runState);
        await redirectors.WaitForRunStateAsync(mark, runState);
        redirectors.Send(runState);
    }

    /// <summary>A disk whose first write fails and stops the VM; tried again on cont, it succeeds.</summary>
    private static async Task<string[]> FailingDiskAsync(Lab lab)
    {
        await File.WriteAllTextAsync(lab.PathOf("blkdebug.conf"), "[inject-error]\nevent = \"write_aio\"\nerrno = \"5\"\nonce = \"on\"\n");
        await File.WriteAllBytesAsync(lab.PathOf("disk"), new byte[1024 * 1024]);
        return
        [
            "-drive", $"if=none,id=disk0,file=blkdebug:{lab.PathOf("blkdebug.conf")}:{lab.PathOf("disk")},format=raw,werror=stop",
            "-device", "virtio-blk-pci,drive=disk0",
        ];
    }

    private static async Task SendAsync(Socket debugger, string packet) => await debugger.SendAsync(Encoding.ASCII.GetBytes(packet));
}
