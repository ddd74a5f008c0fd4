using System.Text.Json;
using QmpRedirector.Status;

namespace QmpRedirector.Tests.Status;

internal sealed class StatusScreenTests
{
    private const string Active =
        """
        {"name":"f0","active":true,"reason":null,"cause":"TAP found","since":{"seconds":1795381746,"microseconds":5},"netdev":"net0",
         "queue":"tx","ifname":"tap0","vnet-hdr-len":12,"outdev":"m0","backlog":33554432,
         "backlog-frames":[{"up-to":1600,"frames":9472},{"up-to":69696,"frames":240}]}
        """;

    private const string Inactive =
        """
        {"name":"f0","active":false,"reason":"the VM is paused","cause":"STOP event","since":{"seconds":1795381746,"microseconds":5},
         "netdev":"net0","queue":"tx","ifname":"tap0","vnet-hdr-len":null,"outdev":"m0","backlog":33554432,
         "backlog-frames":[{"up-to":1600,"frames":9472},{"up-to":69696,"frames":240}]}
        """;

    private const string Following =
        """{"address":"unix:/q","phase":"following","version":"7.2.22","pid":17,"generation":1}""";

    [Test]
    public void An_active_redirector_is_drawn_with_its_rates() => Assert.That(
        Draw(Sample(Active, forwarded: 3000, bytes: 300_000), Sample(Active, forwarded: 1000, bytes: 100_000)),
        Is.EqualTo(
            """
            VM   running
            QMP  following QEMU 7.2.22, process 17, unix:/q

            f0   active on tap0, 12-byte vnet header
                 filter     netdev=net0 queue=tx, armed 11-22 21:09:06 (TAP found)
                 forwarded  3,000 frames, 293 KiB; now 1 kfps, 800.0 kbit/s
                 dropped    none
                 backlog    5 frames, 4 KiB of 32 MiB
                            room for 9472 frames, 0.947 s at 10 kfps, and 240 over 1600 B
                 peer       connected to m0, unix:/m0

            """));

    [Test]
    public void One_that_is_not_says_why_and_since_when() => Assert.That(
        Draw(Sample(Inactive)),
        Does.Contain("f0   inactive on tap0: the VM is paused\n     filter     netdev=net0 queue=tx, disarmed 11-22 21:09:06 (STOP event)\n"));

    [Test]
    public void Drops_are_named_by_their_reason_and_only_those_that_came_have_a_rate()
    {
        var now = Sample(Active, dropped: """{"disarmed":3,"truncated":0,"oversize":1200}""", kernelDropped: 7);
        var before = Sample(Active, dropped: """{"disarmed":3,"truncated":0,"oversize":1000}""", kernelDropped: 7);

        Assert.Multiple(() =>
        {
            Assert.That(Draw(now, before), Does.Contain("dropped    7 kernel (backlog full), 3 disarmed, 1,200 oversize; now 100 fps\n"));
            Assert.That(Draw(now, now), Does.Contain("dropped    7 kernel (backlog full), 3 disarmed, 1,200 oversize\n"));
        });
    }

    [TestCase("""{"address":"unix:/q","phase":"lost","version":null,"pid":17,"generation":1}""",
        "QMP  lost, trying again; the state above is the last known, process 17, unix:/q")]
    [TestCase("""{"address":"unix:/q","phase":"gone","version":null,"pid":null,"generation":1}""",
        "QMP  QEMU has ended, waiting for another, unix:/q")]
    [TestCase("""{"address":"unix:/q","phase":"connecting","version":null,"pid":null,"generation":0}""",
        "QMP  waiting for QEMU, unix:/q")]
    public void The_connection_to_QEMU_is_told(string qmp, string line) =>
        Assert.That(Draw(Sample(Active, qmp: qmp)), Does.Contain(line + "\n"));

    [Test]
    public void A_peer_that_is_not_there_an_account_that_is_wrong_and_late_frames_are_told() => Assert.That(
        Draw(Sample(Active, filename: "disconnected:unix:/m0,server=on", balanced: false, late: 2)),
        Does.Contain("late       2 frames of a stopped VM were sent before its STOP was known\n")
            .And.Contain("peer       none on m0, unix:/m0,server=on\n")
            .And.Contain("the account does not balance"));

    [Test]
    public void Without_redirectors_it_says_how_to_add_one() =>
        Assert.That(Draw(Sample("")), Does.EndWith("no redirectors: add one with object-add\n"));

    [TestCase(80)]
    [TestCase(40)]
    [TestCase(20)]
    public void No_line_is_wider_than_the_terminal_and_no_word_is_lost(int width)
    {
        var sample = Sample(Active, dropped: """{"disarmed":3333333333,"oversize":1200,"peer_disconnected":99999999999}""", kernelDropped: 7);

        var narrow = Draw(sample, sample, width);

        Assert.Multiple(() =>
        {
            Assert.That(narrow.Split('\n').Select(line => line.Length), Is.All.LessThanOrEqualTo(width));
            Assert.That(Letters(narrow), Is.EqualTo(Letters(Draw(sample, sample))));
        });
    }

    private static string Letters(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    private static string Draw(StatusSample now, StatusSample? before = null, int width = int.MaxValue) =>
        StatusScreen.Draw(now, before, 2, TimeZoneInfo.Utc, width);

    private static StatusSample Sample(
        string state,
        long forwarded = 0,
        long bytes = 0,
        string dropped = "{}",
        long kernelDropped = 0,
        string qmp = Following,
        string filename = "unix:/m0",
        bool balanced = true,
        long late = 0) => new(
            0,
            Json("""{"qemu":{"micro":0,"minor":1,"major":0},"package":"qmp-redirector"}"""),
            Json($$"""{"running":true,"status":"running","qmp":{{qmp}},"redirectors":[{{state}}]}"""),
            Json(
                $$"""
                [{"name":"f0","counters":[{"name":"outdev","packets":{{forwarded}},"bytes":{{bytes}}}],"dropped":{{dropped}},
                  "kernel-dropped":{{kernelDropped}},"in-kernel":4,"in-hand":1,"queued-bytes":4096,"late":{{late}},
                  "balanced":{{(balanced ? "true" : "false")}}}]
                """),
            Json($$"""[{"label":"m0","filename":"{{filename}}","frontend-open":true}]"""));

    private static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
