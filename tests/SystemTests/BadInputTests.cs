using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests;

/// <summary>Wrong options and a world that is not as they say: a clear sentence, the right exit code, and nothing left behind.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class BadInputTests
{
    private const string Chardev = "socket,id=m0,path={m0},server=on,wait=off";
    private const string Redirector = "filter-redirector,id=f0,netdev=net0,outdev=m0";

    // {m0} stands for a path in the test's folder. No QEMU runs: wrong options end it before it looks for one.
    [TestCase(Chardev, Redirector + ",foo=1", "Parameter 'foo' is unexpected")]
    [TestCase(Chardev, Redirector + ",queue=sideways", "Parameter 'queue' does not accept value 'sideways'")]
    [TestCase(Chardev, Redirector + ",status=maybe", "Invalid value for netfilter status, should be 'on' or 'off'")]
    [TestCase(Chardev, Redirector + ",vnet_hdr_support=maybe", "Parameter 'vnet_hdr_support' expects 'on' or 'off'")]
    [TestCase(Chardev, Redirector + ",vnet_hdr_len=11", "vnet_hdr_len")]
    [TestCase(Chardev, Redirector + ",position=head", "position")]
    [TestCase(Chardev, "filter-redirector,id=f0,outdev=m0", "Parameter 'netdev' is missing")]
    [TestCase(Chardev, "filter-redirector,netdev=net0,outdev=m0", "Parameter 'id' is missing")]
    [TestCase(Chardev, "filter-redirector,id=f0,netdev=net0", "filter redirector needs 'indev' or 'outdev' at least one property set")]
    [TestCase(Chardev, "filter-redirector,id=f0,netdev=net0,outdev=nope", "OUT Device 'nope' not found")]
    [TestCase(Chardev, "filter-mirror,id=f0,netdev=net0", "Parameter 'outdev' is missing")]
    // QEMU's -chardev (QemuOpts) has another sentence for an unknown key than its objects have.
    [TestCase(Chardev + ",foo=1", Redirector, "Invalid parameter 'foo'")]
    [TestCase(Chardev + ",tls-creds=tls0", Redirector, "tls-creds", "not supported here")]
    [TestCase("socket,id=m0,path={m0},server=maybe", Redirector, "Parameter 'server' expects 'on' or 'off'")]
    [TestCase(
        Chardev, Redirector + ",foo=1,queue=sideways",
        "Parameter 'foo' is unexpected", "Parameter 'queue' does not accept value 'sideways'")]
    public async Task A_wrong_option_gets_QEMUs_sentence_and_exit_code_2(string chardev, string redirector, params string[] sentences)
    {
        await using var lab = await Lab.CreateAsync();
        var sidecar = lab.Run("--pid", lab.PathOf("pid"), "--chardev", chardev.Replace("{m0}", lab.PathOf("m0")), "--object", redirector);

        Assert.That(await sidecar.WaitForExitAsync(), Is.EqualTo(2), sidecar.Error);
        foreach (var sentence in sentences) Assert.That(sidecar.Error, Does.Contain(sentence));
        IsClearAndLeavesNothing(lab, sidecar);
    }

    [TestCase("run", TestName = "Without_a_QMP_address_run_says_what_is_missing")]
    [TestCase("run", "--qmp", "unix:{qmp}", "--nonsense", TestName = "An_unknown_option_is_named")]
    [TestCase("walk", TestName = "An_unknown_command_is_named")]
    public async Task A_wrong_command_line_gets_exit_code_2(params string[] arguments)
    {
        await using var lab = await Lab.CreateAsync();
        var sidecar = lab.Start(arguments.Select(argument => argument.Replace("{qmp}", lab.Monitor)));

        Assert.That(await sidecar.WaitForExitAsync(), Is.EqualTo(2), sidecar.Error);
        Assert.That(sidecar.Error, Does.Contain(arguments.Length == 1 && arguments[0] == "run" ? "--qmp" : arguments[^1]));
    }

    [TestCase("netdev=nope", "nope")]
    [TestCase("netdev=net0,ifname=tap9", "tap9")]
    [TestCase("netdev=net0,ifname=lo", "lo")]
    public async Task What_does_not_exist_or_is_no_TAP_is_named_and_ends_it_with_1(string netdev, string named)
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run(
            "--pid", lab.PathOf("pid"), "--chardev", lab.ServerChardev("m0", "wait=off"),
            "--object", $"filter-redirector,id=f0,{netdev},outdev=m0");

        await EndsWithOneAsync(lab, sidecar, $"'{named}'");
    }

    [Test]
    public async Task Without_CAP_NET_RAW_it_says_so_before_it_looks_for_QEMU()
    {
        await using var lab = await Lab.CreateAsync();
        var sidecar = lab.Start(
            [
                "run", "--qmp", $"unix:{lab.Monitor}", "--pid", lab.PathOf("pid"), "--chardev", lab.ServerChardev("m0", "wait=off"),
                "--object", Capture.Redirector("f0", "m0"),
            ],
            "setpriv", "--inh-caps", "-net_raw", "--bounding-set", "-net_raw");

        await EndsWithOneAsync(lab, sidecar, "CAP_NET_RAW");
    }

    // Which of the calls it is that fails depends on what the machine's kernel and runtime need descriptors for.
    [Test]
    public async Task With_too_few_file_descriptors_it_says_so_and_ends_with_1([Range(10, 14)] int limit)
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var sidecar = lab.Start(
            [
                "run", "--qmp", $"unix:{lab.Monitor}", "--pid", lab.PathOf("pid"), "--chardev", lab.ServerChardev("m0", "wait=off"),
                "--object", Capture.Redirector("f0", "m0"),
            ],
            "prlimit", $"--nofile={limit}");

        await EndsWithOneAsync(lab, sidecar, "open files");
    }

    [Test]
    public async Task A_monitor_that_serves_someone_else_is_called_busy()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        using var other = await QmpProbe.ConnectAsync(lab.Monitor);
        var sidecar = RunWithTimeout(lab);

        await EndsWithOneAsync(lab, sidecar, lab.Monitor);
    }

    [Test]
    public async Task An_absent_monitor_is_waited_for_no_longer_than_asked()
    {
        await using var lab = await Lab.CreateAsync();
        var sidecar = RunWithTimeout(lab);

        await EndsWithOneAsync(lab, sidecar, lab.Monitor);
    }

    [Test]
    public async Task A_socket_that_cannot_be_created_is_named()
    {
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var path = lab.PathOf("no/such/folder");
        var sidecar = lab.Run(
            "--pid", lab.PathOf("pid"), "--chardev", $"socket,id=m0,path={path},server=on,wait=off",
            "--object", Capture.Redirector("f0", "m0"));

        await EndsWithOneAsync(lab, sidecar, path);
    }

    [Test]
    public async Task A_consumer_is_not_disturbed_by_a_start_that_fails_for_another_reason()
    {
        // QEMU 7.2 to 10.2 never read an indev again after its first disconnect.
        await using var lab = await Lab.CreateAsync();
        await lab.StartQemuWithTapAsync();
        var consumer = lab.Own(new ChardevListener(lab.PathOf("m0")));
        var path = lab.PathOf("no/such/folder");
        var sidecar = lab.Run(
            "--chardev", $"socket,id=m0,path={lab.PathOf("m0")}", "--object", Capture.Redirector("f0", "m0"),
            "--chardev", $"socket,id=m1,path={path},server=on,wait=off", "--object", Capture.Redirector("f1", "m1"));

        Assert.That(await sidecar.WaitForExitAsync(), Is.EqualTo(1), sidecar.Error);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(sidecar.ErrorLines[^1], Does.Contain(path));
            Assert.That(consumer.HasCaller, Is.False, "the consumer was connected to");
        }
    }

    private static Sidecar RunWithTimeout(Lab lab) => lab.Run(
        "--qmp-timeout", "1", "--pid", lab.PathOf("pid"), "--chardev", lab.ServerChardev("m0", "wait=off"),
        "--object", Capture.Redirector("f0", "m0"));

    private static async Task EndsWithOneAsync(Lab lab, Sidecar sidecar, string named)
    {
        Assert.That(await sidecar.WaitForExitAsync(), Is.EqualTo(1), sidecar.Error);
        Assert.That(sidecar.ErrorLines[^1], Does.Contain(named), "the last thing it says");
        IsClearAndLeavesNothing(lab, sidecar);
    }

    private static void IsClearAndLeavesNothing(Lab lab, Sidecar sidecar)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(sidecar.IsReady, Is.False);
            Assert.That(sidecar.Error, Does.Not.Contain("Exception").And.Not.Contain("   at "), "for operators, not for programmers");
            Assert.That(sidecar.ErrorLines, Has.Length.InRange(1, 3));
            foreach (var left in (string[])["m0", "pid"]) Assert.That(lab.PathOf(left), Does.Not.Exist);
        }
    }
}
