using Microsoft.Extensions.Logging;
using QmpRedirector.Net;
using QmpRedirector.Options;

namespace QmpRedirector.Tests.Options;

internal sealed class ConfigFileTests
{
    private const string Full =
        """
        {"qmp": "unix:/qmp",
         "chardevs": ["socket,id=m0,path=/m0",
                      {"id":"m1","backend":{"type":"socket","data":{"addr":{"type":"unix","data":{"path":"/m1"}}}}}],
         "objects": ["filter-redirector,id=f0,netdev=n0,outdev=m0", {"qom-type":"filter-mirror","id":"f1","netdev":"n1","outdev":"m1"}],
         "pid": "/run/p", "one-off": true, "log-level": "debug", "log-format": "json", "qmp-timeout": 0, "wait-netdev": true,
         "metrics": "tcp:127.0.0.1:9200", "pcapng": "/tmp/f.pcapng"}
        """;

    [Test]
    public void A_file_can_say_everything()
    {
        RunOptions options = Parsed.Value(Parsed.Config(Full));

        Assert.Multiple(() =>
        {
            Assert.That(options.Qmp.ToString(), Is.EqualTo("unix:/qmp"));
            Assert.That(options.Chardevs.Select(static chardev => chardev.Id), Is.EqualTo(["m0", "m1"]));
            Assert.That(options.Redirectors.Select(static redirector => redirector.Id), Is.EqualTo(["f0", "f1"]));
            Assert.That(options.PidFile, Is.EqualTo("/run/p"));
            Assert.That(options.OneOff, Is.True);
            Assert.That(options.LogLevel, Is.EqualTo(LogLevel.Debug));
            Assert.That(options.LogFormat, Is.EqualTo(LogFormat.Json));
            Assert.That(options.QmpTimeout, Is.EqualTo(Timeout.InfiniteTimeSpan));
            Assert.That(options.WaitNetdev, Is.True);
            Assert.That(options.Metrics, Is.EqualTo(new ChardevAddress.Inet("127.0.0.1", 9200)));
            Assert.That(options.PcapngFile, Is.EqualTo("/tmp/f.pcapng"));
        });
    }

    [Test]
    public void The_command_line_wins_over_single_values_and_adds_to_lists()
    {
        RunOptions options = Parsed.Value(Parsed.Config(Full, new RunArguments
        {
            Chardevs = ["socket,id=m2,path=/m2"],
            Objects = ["filter-redirector,id=f2,netdev=n2,outdev=m2"],
            Scalars = new Dictionary<string, string> { ["qmp"] = "/other", ["qmp-timeout"] = "7", ["log-level"] = "error" },
        }));

        Assert.Multiple(() =>
        {
            Assert.That(options.Qmp.ToString(), Is.EqualTo("unix:/other"));
            Assert.That(options.QmpTimeout, Is.EqualTo(TimeSpan.FromSeconds(7)));
            Assert.That(options.LogLevel, Is.EqualTo(LogLevel.Error));
            Assert.That(options.LogFormat, Is.EqualTo(LogFormat.Json));
            Assert.That(options.Chardevs.Select(static chardev => chardev.Id), Is.EqualTo(["m0", "m1", "m2"]));
            Assert.That(options.Redirectors.Select(static redirector => redirector.Id), Is.EqualTo(["f0", "f1", "f2"]));
        });
    }

    [Test]
    public void What_is_not_said_has_its_default()
    {
        RunOptions options = Parsed.Value(Parsed.Run([Parsed.Chardev], [Parsed.Object]));

        Assert.Multiple(() =>
        {
            Assert.That(options.QmpTimeout, Is.EqualTo(TimeSpan.FromSeconds(30)));
            Assert.That(options.LogLevel, Is.EqualTo(LogLevel.Information));
            Assert.That(options.LogFormat, Is.EqualTo(LogFormat.Text));
            Assert.That((options.OneOff, options.WaitNetdev, options.PidFile, options.Metrics, options.PcapngFile),
                Is.EqualTo((false, false, (string?)null, (ChardevAddress?)null, (string?)null)));
        });
    }

    [Test]
    public void Every_error_of_a_file_is_reported_with_its_place_in_it() =>
        Assert.That(
            Parsed.Config(
                """
                {"qmp": 1, "foo": 2, "one-off": "yes", "qmp-timeout": "30", "control": "tcp:x", "log-level": "loud",
                 "chardevs": ["socket,id=m0,foo=1,path=/x", {"id":"m0","backend":{"type":"socket"}}, 7],
                 "objects": {}}
                """).Errors,
            Is.EqualTo(
            [
                "--config c.json: chardevs[0] socket,id=m0: Invalid parameter 'foo'",
                "--config c.json: chardevs[1]: Parameter 'backend.data' is missing",
                "--config c.json: Invalid parameter type for 'chardevs[2]', expected: object",
                "--config c.json: Invalid parameter type for 'objects', expected: array",
                "--config c.json: Invalid parameter type for 'qmp', expected: string",
                "--config c.json: Parameter 'foo' is unexpected",
                "--config c.json: Invalid parameter type for 'one-off', expected: boolean",
                "--config c.json: Invalid parameter type for 'qmp-timeout', expected: integer",
                "--config c.json: Parameter 'log-level' does not accept value 'loud'",
                "--config c.json: control: 'tcp:x' is not a TCP address: use tcp:HOST:PORT",
                "--config c.json: chardevs[1]: Duplicate ID 'm0' for chardev",
            ]));

    [TestCase("[]", "--config c.json: the file holds no JSON object")]
    [TestCase("{\n\"qmp\" 1}", "--config c.json: JSON parse error, '1' is invalid after a property name (line 2, column 7)")]
    [TestCase("", "--config c.json: JSON parse error, there is nothing in it")]
    [TestCase(" \n", "--config c.json: JSON parse error, there is nothing in it")]
    [TestCase("{\"qmp\": \"/q\",\n \"objects\": [", "--config c.json: JSON parse error, the '[' here is never closed (line 2, column 13)")]
    [TestCase("{\"qmp\": \"/q\",\n \"objects\": []", "--config c.json: JSON parse error, the '{' here is never closed (line 1, column 1)")]
    [TestCase("{\"é\": {\"pid", "--config c.json: JSON parse error, the '{' here is never closed (line 1, column 7)")]
    [TestCase("{\"a\": 1", "--config c.json: JSON parse error, the '{' here is never closed (line 1, column 1)")]
    [TestCase("tru", "--config c.json: JSON parse error, it ends too early (line 1, column 4)")]
    [TestCase("{\"a\": [1}", "--config c.json: JSON parse error, '}' is invalid without a matching open (line 1, column 9)")]
    public void A_file_that_is_no_JSON_object_is_told_so(string json, string expected) =>
        Assert.That(Parsed.Config(json).Errors, Is.EqualTo([expected]));

    [Test]
    public void A_file_that_cannot_be_read_is_told_so() =>
        Assert.That(
            RunOptionsParser.Parse(new RunArguments { Config = "/no/such" }, File.ReadAllText).Errors.Single(),
            Does.StartWith("--config /no/such: the file cannot be read: "));
}
