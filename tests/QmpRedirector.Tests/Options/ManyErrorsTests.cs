using QmpRedirector.Options;

namespace QmpRedirector.Tests.Options;

/// <summary>Nothing that is wrong hides behind something else that is.</summary>
internal sealed class ManyErrorsTests
{
    [Test]
    public void All_errors_of_all_arguments_are_reported_at_once()
    {
        OptionsResult<RunOptions> result = RunOptionsParser.Parse(
            new RunArguments
            {
                Chardevs = ["socket,id=m0,path=/x,foo=1,wait=maybe,server=on,reconnect=z", "socket,id=m0,path=/y", "null"],
                Objects = ["filter-redirector,id=f0,foo=1,queue=up,outdev=m9", "filter-mirror,id=f0,netdev=n0,outdev=m0,backlog=x"],
                Scalars = new Dictionary<string, string>
                {
                    ["qmp"] = "tcp:1",
                    ["log-level"] = "loud",
                    ["qmp-timeout"] = "-1",
                    ["metrics"] = "tcp:192.0.2.1:9",
                },
            },
            static _ => "");

        Assert.That(result.Errors, Is.EqualTo(
        [
            "--log-level loud: Parameter 'log-level' does not accept value 'loud'",
            "--qmp-timeout -1: Parameter 'qmp-timeout' expects a number",
            "--chardev socket,id=m0: Invalid parameter 'foo'",
            "--chardev socket,id=m0: Parameter 'wait' expects 'on' or 'off'",
            "--chardev socket,id=m0: Parameter 'reconnect' expects a number",
            "--chardev socket,id=m0: 'reconnect' option is incompatible with socket in server listen mode",
            "--chardev null: chardev: no id specified",
            "--chardev null: chardev backend 'null' is not supported here: only 'socket' is",
            "--object filter-redirector,id=f0: Parameter 'foo' is unexpected",
            "--object filter-redirector,id=f0: Parameter 'queue' does not accept value 'up'",
            "--object filter-redirector,id=f0: Parameter 'netdev' is missing",
            "--object filter-mirror,id=f0: Parameter 'backlog' expects a size value",
            "--qmp tcp:1: 'tcp:1' is not a TCP address: use tcp:HOST:PORT",
            "--metrics tcp:192.0.2.1:9: --metrics serves loopback only; put a proxy in front",
            "--chardev socket,id=m0: Duplicate ID 'm0' for chardev",
            "--object filter-redirector,id=f0: OUT Device 'm9' not found",
            "--object filter-mirror,id=f0: Duplicate ID 'f0' for object",
        ]));
    }

    [Test]
    public void A_chardev_that_is_wrong_is_still_found_by_its_name() =>
        Assert.That(
            Parsed.Run(["socket,id=m0,path=/x,foo=1"], [Parsed.Object]).Errors,
            Is.EqualTo(["--chardev socket,id=m0: Invalid parameter 'foo'"]));

    [TestCase("filter-redirector,id=f1,netdev=n0,outdev=m0")]
    [TestCase("filter-mirror,id=f1,netdev=n0,outdev=m0")]
    public void A_chardev_serves_one_object(string second) =>
        Assert.That(
            Parsed.Run([Parsed.Chardev], [Parsed.Object, second]).Errors,
            Is.EqualTo([$"--object {second.Split(',')[0]},id=f1: Device 'm0' is in use"]));

    [Test]
    public void One_chardev_cannot_be_both_ends_of_a_redirector() =>
        Assert.That(
            Parsed.Run([Parsed.Chardev], ["filter-redirector,id=f0,netdev=n0,indev=m0,outdev=m0"]).Errors,
            Is.EqualTo(
            [
                "--object filter-redirector,id=f0: 'indev' is not available in this version",
                "--object filter-redirector,id=f0: 'indev' and 'outdev' could not be same for filter redirector",
            ]));

    [Test]
    public void An_indev_that_names_no_chardev_is_not_found() =>
        Assert.That(
            Parsed.Run([Parsed.Chardev], ["filter-redirector,id=f0,netdev=n0,indev=m9,outdev=m0"]).Errors,
            Has.Member("--object filter-redirector,id=f0: IN Device 'm9' not found"));

    [Test]
    public void What_can_never_capture_and_what_nobody_uses_is_warned_of()
    {
        OptionsResult<RunOptions> result =
            Parsed.Run([Parsed.Chardev, "socket,id=m1,path=/y"], [$"{Parsed.Object},disable_when_running=on"]);

        Assert.Multiple(() =>
        {
            Assert.That(result.Value, Is.Not.Null);
            Assert.That(result.Warnings, Is.EqualTo(
            [
                "--object filter-redirector,id=f0: disable_when_running=on without enable_when_stopped=on: it will never capture anything",
                "--chardev socket,id=m1: no object uses this chardev",
            ]));
        });
    }

    [Test]
    public void A_sentence_is_one_line_whatever_it_quotes() =>
        Assert.That(
            Parsed.Run([Parsed.Chardev], [$"{Parsed.Object},queue=a\n\u001b[31m"]).Errors,
            Is.EqualTo(["--object filter-redirector,id=f0: Parameter 'queue' does not accept value 'a??[31m'"]));
}
