using System.Text.Json.Nodes;

namespace QmpRedirector.Tests.Install;

/// <summary>The libvirt hook, fed what libvirt 9 was seen to give it.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HookTests : IDisposable
{
    private const string Start = "start --no-block qmp-redirector@vm1.service";
    private const string Stop = "stop --no-block qmp-redirector@vm1.service";
    private static readonly string _domain = HookRun.Domain(HookRun.Plain);
    private static readonly string[] _operations =
        ["migrate", "prepare", "start", "started", "stopped", "release", "restore", "reconnect", "attach", "other"];
    private readonly HookRun _hook = new();

    [TearDown]
    public void Libvirt_was_not_called() => Assert.That(_hook.LibvirtCalls, Is.Empty);

    [TestCase("prepare", "-", Stop, null)]
    [TestCase("start", "-", null, null)]
    [TestCase("started", "-", Start, "vm1.json")]
    [TestCase("reconnect", "-", Start, "vm1.json")]
    [TestCase("attach", "-", Start, "vm1.json")]
    [TestCase("migrate", "-", null, "vm1.incoming")]
    [TestCase("restore", "-", null, null)]
    [TestCase("stopped", "-", null, null)]
    [TestCase("release", "shutdown", Stop, null)]
    [TestCase("release", "destroyed", Stop, null)]
    [TestCase("release", "crashed", Stop, null)]
    [TestCase("release", "saved", Stop, null)]
    [TestCase("release", "failed", Stop, null)]
    [TestCase("release", "daemon", Stop, null)]
    [TestCase("release", "from snapshot", Stop, null)]
    [TestCase("release", "unknown", Stop, null)]
    [TestCase("release", "-", Stop, null)]
    [TestCase("release", "migrated", null, null)]
    [TestCase("an operation of libvirt 99", "-", null, null)]
    public void Each_operation_does_its_part(string operation, string reason, string? call, string? file)
    {
        HookResult result = _hook.Call(operation, _domain, reason);

        Assert.That(result, Is.EqualTo(new HookResult(0, "", "")));
        Assert.That(_hook.Calls, Is.EqualTo(call is null ? [] : new[] { call }));
        Assert.That(_hook.Files, Is.EqualTo(file is null ? [] : new[] { file }));
    }

    [Test]
    public void A_domain_s_life_leaves_nothing_behind()
    {
        foreach (string operation in (string[])["prepare", "start", "started", "reconnect", "stopped"])
            _hook.Call(operation, _domain);
        _hook.Call("release", _domain, "shutdown");

        Assert.That(_hook.Calls, Is.EqualTo(new[] { Stop, Start, Start, Stop }));
        Assert.That(_hook.Files, Is.Empty);
    }

    [Test]
    public void A_migration_s_destination_has_its_sidecar_from_start_on_and_it_waits_for_QEMU()
    {
        foreach (string operation in (string[])["migrate", "prepare", "start"])
            _hook.Call(operation, _domain);

        Assert.That(_hook.Calls, Is.EqualTo(new[] { Stop, Start }));
        Assert.That((bool?)_hook.Config()["wait-netdev"], Is.True);

        _hook.Call("started", _domain);

        // Where it runs, systemd does nothing; where it had ended, it is started.
        Assert.That(_hook.Calls[^1], Is.EqualTo(Start));
        Assert.That(_hook.Files, Is.EqualTo(new[] { "vm1.json" }));
    }

    [Test]
    public void A_migration_away_leaves_the_sidecar_to_end_by_itself()
    {
        _hook.Call("started", _domain);
        _hook.Call("stopped", _domain);
        _hook.Call("release", _domain, "migrated");

        Assert.That(_hook.Calls, Is.EqualTo(new[] { Start }));
        Assert.That(_hook.Files, Is.Empty, "should it fail now, there is nothing a new one could wait for");
    }

    [Test]
    public void A_migration_away_ends_a_sidecar_that_never_found_QEMU()
    {
        _hook.Call("started", _domain);
        _hook.LetUnitWait();
        _hook.Call("release", _domain, "migrated");

        Assert.That(_hook.Calls, Is.EqualTo(new[] { Start, Stop }));
    }

    [Test]
    public void Earlier_failures_do_not_keep_a_guest_from_a_sidecar()
    {
        HookResult result = _hook.Call("started", _domain);

        Assert.That(_hook.Resets, Is.EqualTo(new[] { "reset-failed qmp-redirector@vm1.service" }));
        Assert.That(result, Is.EqualTo(new HookResult(0, "", "")), "that there are none is no error");
    }

    [Test]
    public void A_start_after_an_incoming_migration_that_failed_is_an_ordinary_one()
    {
        _hook.Call("migrate", _domain);
        _hook.Call("release", _domain, "failed");
        _hook.Call("start", _domain);

        Assert.That(_hook.Calls, Is.EqualTo(new[] { Stop }));
    }

    [Test]
    public void The_configuration_is_the_metadata_s_with_the_TAP_s_name()
    {
        _hook.Call("started", _domain);

        Assert.That(_hook.Config().ToJsonString(), Is.EqualTo(
            """{"one-off":true,"qmp-timeout":0,"qmp":"unix:/run/qmp-redirector/qemu/vm1.qmp","""
            + "\"chardevs\":[\"socket,id=m0,path=/run/m0.sock\"],"
            + "\"objects\":[\"filter-redirector,id=f0,netdev=hostnet0,queue=tx,outdev=m0,ifname=vnet7\"]}"));
    }

    [TestCase("qmp='unix:/q' log-level='debug' control='unix:/c' metrics='unix:/m' pcapng='/p'")]
    public void Attributes_are_options_of_run(string attributes)
    {
        _hook.Call("started", HookRun.Domain(HookRun.Ours("", attributes + " wait-netdev='on'")));

        Assert.That(_hook.Config().ToJsonString(), Is.EqualTo(
            """{"one-off":true,"qmp-timeout":0,"qmp":"unix:/q","log-level":"debug","control":"unix:/c","metrics":"unix:/m","pcapng":"/p","""
            + "\"wait-netdev\":true,\"chardevs\":[],\"objects\":[]}"));
    }

    [TestCase("filter-redirector,id=f0,netdev=hostnet0,ifname=mine", "filter-redirector,id=f0,netdev=hostnet0,ifname=mine")]
    [TestCase("filter-redirector,id=f,,netdev=hostnet0,netdev=other", "filter-redirector,id=f,,netdev=hostnet0,netdev=other")]
    [TestCase("filter-redirector,netdev=hostnet1", "filter-redirector,netdev=hostnet1,ifname=vnet8")]
    [TestCase("""{"qom-type":"f","netdev":"hostnet1"}""", """{"qom-type":"f","netdev":"hostnet1","ifname":"vnet8"}""")]
    [TestCase("{not JSON", "{not JSON")]
    [TestCase("", "")]
    public void The_TAP_is_that_of_the_object_s_netdev(string given, string written)
    {
        string second = HookRun.Interface.Replace("vnet7", "vnet8", StringComparison.Ordinal)
            .Replace("net0'", "net1'", StringComparison.Ordinal);
        string ours = HookRun.Ours($"<qr:object>\n  {given}\n</qr:object>");

        _hook.Call("started", HookRun.Domain(ours, interfaces: HookRun.Interface + second));

        JsonNode made = _hook.Config()["objects"]![0]!;
        Assert.That(made is JsonValue ? (string?)made : made.ToJsonString(), Is.EqualTo(written));
    }

    [Test]
    public void A_domain_that_does_not_ask_for_it_is_left_alone()
    {
        string[] others =
        [
            HookRun.Domain(""),
            HookRun.Domain("<redirector>no namespace</redirector>"),
            HookRun.Domain($"<x:other xmlns:x='{HookRun.Namespace}'/>"),
            HookRun.Domain($"<app:a xmlns:app='http://example.com/b'>{HookRun.Plain}</app:a>"),
            HookRun.Domain($"<!-- {HookRun.Plain} -->"),
            HookRun.Domain("", name: HookRun.Namespace),
        ];
        foreach (string xml in others)
        {
            foreach (string operation in _operations)
                Assert.That(_hook.Call(operation, xml, "shutdown"), Is.EqualTo(new HookResult(0, "", "")));
        }

        Assert.That(_hook.Calls, Is.Empty);
        Assert.That(_hook.Files, Is.Empty);
    }

    [TestCase("web-1.example.org", "web-1.example.org")]
    [TestCase("a:b_c", "a:b_c")]
    [TestCase("..", HookRun.Uuid)]
    [TestCase("../../etc/passwd", HookRun.Uuid)]
    [TestCase("a/b", HookRun.Uuid)]
    [TestCase("-f", HookRun.Uuid)]
    [TestCase(".hidden", HookRun.Uuid)]
    [TestCase("a b", HookRun.Uuid)]
    [TestCase("a\nb", HookRun.Uuid)]
    [TestCase("vm1\n", HookRun.Uuid)]
    [TestCase("it's \"$(reboot)\" `x` %i \\x2d", HookRun.Uuid)]
    [TestCase("vm@1", HookRun.Uuid)]
    [TestCase("f\u00fcnf", HookRun.Uuid)]
    [TestCase("", HookRun.Uuid)]
    [TestCase("99999999-2fa1-11d2-883f-b9a761bde3fb", HookRun.Uuid)]
    [TestCase("vm1.json", HookRun.Uuid)]
    [TestCase("vm1.incoming", HookRun.Uuid)]
    [TestCase("qemu", HookRun.Uuid)]
    public void A_name_that_is_not_safe_for_a_unit_and_a_file_gives_way_to_the_UUID(string name, string instance)
    {
        HookResult result = _hook.Call("started", HookRun.Domain(HookRun.Plain, name), guest: name);

        Assert.That(result, Is.EqualTo(new HookResult(0, "", "")));
        Assert.That(_hook.Calls, Is.EqualTo(new[] { $"start --no-block qmp-redirector@{instance}.service" }));
        Assert.That(_hook.Files, Is.EqualTo(new[] { $"{instance}.json" }));
    }

    [Test]
    public void A_long_name_gives_way_to_the_UUID()
    {
        _hook.Call("started", HookRun.Domain(HookRun.Plain, new string('a', 101)));

        Assert.That(_hook.Files, Is.EqualTo(new[] { $"{HookRun.Uuid}.json" }));
    }

    [TestCaseSource(nameof(Wrong))]
    public void What_is_wrong_is_one_line_and_never_stops_the_guest(string xml, string sentence)
    {
        foreach (string operation in (string[])["started", "reconnect"])
        {
            HookResult result = _hook.Call(operation, xml);

            Assert.That(result.ExitCode, Is.Zero);
            Assert.That(result.Output, Is.Empty);
            Assert.That(result.Error, Does.StartWith($"domain vm1: {operation}: ").And.Contain(sentence).And.EndsWith("\n"));
            Assert.That(result.Error.Count(c => c == '\n'), Is.EqualTo(1));
        }

        Assert.That(_hook.Calls, Is.Empty);
        Assert.That(_hook.Files, Is.Empty);
    }

    [Test]
    public void A_systemctl_that_fails_or_hangs_never_stops_the_guest()
    {
        _hook.WriteProgram("systemctl", "echo 'Failed to connect to bus' >&2; exit 1");
        HookResult failed = _hook.Call("started", _domain);
        _hook.WriteProgram("systemctl", "exec sleep 60");
        HookResult hung = _hook.Call("started", _domain);

        Assert.That((failed.ExitCode, hung.ExitCode), Is.EqualTo((0, 0)));
        Assert.That(failed.Error, Does.Contain("Failed to connect to bus"));
        Assert.That(hung.Error, Does.Contain("timed out after 5 seconds"));
    }

    [Test]
    public void A_folder_that_cannot_be_written_never_stops_the_guest()
    {
        Directory.Delete(_hook.RunFolder);
        File.WriteAllText(_hook.RunFolder, "in the way");

        HookResult result = _hook.Call("started", _domain);

        Assert.That(result.ExitCode, Is.Zero);
        Assert.That(result.Error, Does.Contain("exist").IgnoreCase);
    }

    [Test]
    public void The_folder_for_monitor_sockets_is_the_VM_s_user_s_alone()
    {
        _hook.User = "no-such-user";
        HookResult wrong = _hook.Call("prepare", _domain);
        UnixFileMode open = _hook.SocketsMode;
        _hook.User = Environment.UserName;
        HookResult right = _hook.Call("prepare", _domain);

        // A guest starts whoever its QEMU is; a user is named in one place, and that is where to look.
        Assert.That(wrong.ExitCode, Is.Zero);
        Assert.That(wrong.Error, Does.Contain("prepare: there is no user 'no-such-user'").And.Contain("User="));
        Assert.That((int)open, Is.EqualTo(0b001_111_111_111), "anybody's, each keeping what is his");
        Assert.That(right, Is.EqualTo(new HookResult(0, "", "")));
        Assert.That((int)_hook.SocketsMode, Is.EqualTo(0b111_101_000));
        Assert.That(_hook.Calls, Is.EqualTo(new[] { Stop, Stop }), "what a former life of the domain has left is ended all the same");
    }

    [Test]
    public void Without_systemd_the_environment_names_the_VM_s_user()
    {
        _hook.RemoveSystemd();

        HookResult right = _hook.Call("prepare", _domain, user: Environment.UserName);
        HookResult wrong = _hook.Call("started", _domain, user: "no-such-user");

        Assert.That(right, Is.EqualTo(new HookResult(0, "", "")));
        Assert.That(wrong.ExitCode, Is.Zero);
        // Only root can be another user.
        if (Environment.UserName == "root")
            Assert.That(wrong.Error, Does.Contain("started: there is no user 'no-such-user'"));
    }

    [Test]
    public void A_systemctl_that_does_not_tell_the_user_never_stops_the_guest()
    {
        _hook.WriteProgram("systemctl", "[ \"$1\" != show ]");

        HookResult result = _hook.Call("prepare", _domain);

        Assert.That(result.ExitCode, Is.Zero);
        Assert.That(Directory.Exists(Path.Combine(_hook.RunFolder, "qemu")), "the folder a QEMU needs for its monitor");
    }

    [Test]
    public void What_libvirt_starts_ends_with_0_and_says_nothing_on_standard_output_whatever_becomes_of_the_hook()
    {
        _hook.WriteProgram("broken", "this is no Python");
        HookResult removed = _hook.CallScript("started", _domain, "/absent");
        HookResult broken = _hook.CallScript("started", _domain, _hook.PathOf("bin/broken"));
        HookResult filter = _hook.CallScript("restore", _domain, Path.Combine(HookRun.Source, "hooks", "libvirt-hook"));

        Assert.That(removed, Is.EqualTo(new HookResult(0, "", "")));
        Assert.That((broken.ExitCode, broken.Output), Is.EqualTo((0, "")));
        Assert.That(broken.Error, Does.StartWith("qmp-redirector: ").And.Contain("SyntaxError"));
        Assert.That(filter, Is.EqualTo(new HookResult(0, "", "")));
    }

    [TestCase("trap 'sleep 0.3; exit' TERM", TestName = "{m}(that takes its time)")]
    [TestCase("trap '' TERM", TestName = "{m}(that hangs)")]
    public void Without_systemd_the_sidecar_is_a_process_that_release_ends(string manners)
    {
        _hook.RemoveSystemd();
        _hook.WriteProgram("setpriv", "while [ \"$1\" != -- ]; do shift; done; shift; exec \"$@\"");
        _hook.WriteProgram("qmp-redirector", $"{manners}\necho $$ > {_hook.PathOf("pid")}; while [ -e $0 ]; do sleep 0.05; done");
        string user = Environment.UserName;

        Assert.That(_hook.Call("started", _domain, user: user), Is.EqualTo(new HookResult(0, "", "")));
        Eventually(() => File.Exists(_hook.PathOf("pid")) && File.ReadAllText(_hook.PathOf("pid")).EndsWith('\n'), "the process runs");
        string pid = File.ReadAllText(_hook.PathOf("pid")).Trim();
        _hook.Call("reconnect", _domain, user: user);
        Assert.That(File.ReadAllText(_hook.PathOf("run/vm1.pid")).Trim(), Is.EqualTo(pid), "the process after 'reconnect'");

        HookResult result = _hook.Call("release", _domain, "shutdown", user: user);

        // Not 'soon': the next one makes its sockets where this one's were.
        Assert.That(IsAlive(pid), Is.False, "the process after 'release'");
        Assert.That(result, Is.EqualTo(new HookResult(0, "", "")));
        Assert.That(_hook.Files, Is.EqualTo(user == "root" ? new[] { "vm1" } : []));
        Assert.That(_hook.Calls, Is.Empty);
    }

    public void Dispose() => _hook.Dispose();

    private static IEnumerable<TestCaseData> Wrong()
    {
        yield return new TestCaseData(_domain[..^20], "not well-formed").SetName("{m}(cut short)");
        yield return new TestCaseData($"<!DOCTYPE d [<!ENTITY a 'b'>]>{_domain}", "document type").SetName("{m}(entities)");
        yield return new TestCaseData(HookRun.Namespace, "not well-formed").SetName("{m}(no XML)");
        yield return new TestCaseData(
            HookRun.Domain(HookRun.Plain, "a/b", uuid: null), "neither a name nor a UUID").SetName("{m}(no UUID)");
        yield return new TestCaseData(
            HookRun.Domain(HookRun.Plain, "a/b", "../../../../../../etc/cron.d/x"), "neither a name nor a UUID").SetName("{m}(hostile UUID)");
        yield return new TestCaseData(
            HookRun.Domain(HookRun.Ours("", "pid='/etc/passwd'")),
            "pid='/etc/passwd' of <redirector> is not known").SetName("{m}(unknown option)");
        yield return new TestCaseData(
            HookRun.Domain(HookRun.Ours("", "wait-netdev='perhaps'")), "wait-netdev='perhaps'").SetName("{m}(no boolean)");
    }

    private static bool IsAlive(string pid)
    {
        try
        {
            return !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static void Eventually(Func<bool> condition, string what) =>
        Assert.That(condition, Is.True.After(10_000, 20), what);
}
