using QmpRedirector.Check;
using QmpRedirector.Check.Facts;
using QmpRedirector.Check.Themes;
using QmpRedirector.Net;
using QmpRedirector.Options;
using QmpRedirector.Tests.Options;
using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Check;

/// <summary>What `check` says of --pcapng, --control and --metrics.</summary>
internal sealed class WatchThemeTests
{
    private const string File = "/var/tmp/f.pcapng";

    [Test]
    public void Without_the_options_nothing_is_said() =>
        Assert.That(RecordingTheme.Of(Scene.Of()).Concat(ListenTheme.Of(Scene.Of())), Is.Empty);

    [Test]
    public void A_recording_that_can_be_made_is_well() =>
        Assert.That(
            RecordingTheme.Of(WithRecording(new RecordingPlace(null, false, false))).Single(),
            Is.EqualTo(new Finding(Mark.Ok, "pcapng", $"{File} can be made, for its owner alone (0600): a tenant's frames will be in it.")));

    [TestCase(false, true, "A file is at /var/tmp/f.pcapng: 'run' replaces it")]
    [TestCase(true, false, "/var/tmp/f.pcapng is a FIFO, which was not opened:")]
    public void What_is_at_the_path_is_a_warning_with_what_run_does(bool isFifo, bool isFile, string text)
    {
        var finding = RecordingTheme.Of(WithRecording(new RecordingPlace(null, isFifo, isFile))).Single();

        Assert.That((finding.Mark, finding.Remedy is null), Is.EqualTo((Mark.Warn, false)));
        Assert.That(finding.Text, Does.StartWith(text));
    }

    [Test]
    public void A_recording_that_cannot_be_made_fails() =>
        Assert.That(
            RecordingTheme.Of(WithRecording(new RecordingPlace("Permission denied", false, true))).Single() is
            {
                Mark: Mark.Fail,
                Text: "/var/tmp/f.pcapng cannot be recorded to: Permission denied.",
                Remedy: not null,
            }, Is.True);

    [TestCase("unix:/run/m", false, "unix:/run/m is free to listen on, for its owner alone (0600).")]
    [TestCase("unix:/run/m", true, "A stale socket is at unix:/run/m: 'run' replaces it, mode 0600.")]
    [TestCase("tcp:127.0.0.1:9200", false,
        "tcp:127.0.0.1:9200 is free to listen on: http://127.0.0.1:9200/metrics, for whoever may use this host.")]
    [TestCase("tcp:[::1]:9200", false, "tcp:[::1]:9200 is free to listen on: http://[::1]:9200/metrics, for whoever may use this host.")]
    [TestCase("fd:3", false, "fd:3 is a socket, to listen on.")]
    public void An_address_that_could_be_listened_on_is_well(string address, bool exists, string text) =>
        Assert.That(ListenTheme.Of(WithMetrics(address, exists: exists)).Single(), Is.EqualTo(new Finding(Mark.Ok, "metrics", text)));

    [Test]
    public void An_address_where_somebody_answers_fails()
    {
        var finding = ListenTheme.Of(WithMetrics("unix:/run/m", exists: true, listens: true)).Single();

        Assert.That(finding.Mark, Is.EqualTo(Mark.Fail));
        Assert.That(finding.Text, Does.StartWith("Somebody answers at unix:/run/m already"));
    }

    [Test]
    public void An_address_that_cannot_be_listened_on_fails_with_the_sentence_of_run() =>
        Assert.That(
            ListenTheme.Of(WithMetrics("tcp:127.0.0.1:1", problem: "Failed to bind")).Single() is { Mark: Mark.Fail, Text: "Failed to bind." },
            Is.True);

    [TestCase("unix:/run/c", Mark.Ok, "unix:/run/c is free to listen on, for its owner alone (0600).")]
    [TestCase("tcp:127.0.0.1:4444", Mark.Ok, "tcp:127.0.0.1:4444 is free to listen on; whoever may use this host may control the redirectors.")]
    [TestCase("tcp:0.0.0.0:4444", Mark.Warn,
        "tcp:0.0.0.0:4444 is free to listen on, but QMP asks nobody who he is: whoever reaches it controls the redirectors.")]
    public void A_control_address_that_others_reach_is_a_warning(string address, Mark mark, string text)
    {
        var chardev = new ChardevOptions("control", AddressText.Stream(address, out _)!, true, false, null);
        var scene = Scene.Of() with { Control = new ChardevFacts(chardev, null, false, new UnixSocketUse(false, 0)) };

        var finding = ListenTheme.Of(scene).Single();

        Assert.That((finding.Mark, finding.Subject, finding.Text), Is.EqualTo((mark, "control", text)));
    }

    [Test]
    public async Task The_survey_looks_at_them_and_only_if_they_are_given()
    {
        var options = Scene.Of().Options with { Run = Scene.Of().Options.Run with { Qmp = AddressText.Qmp("fd:9", out _)! } };
        var given = options with
        {
            Run = options.Run with { PcapngFile = "/dev/null", Metrics = new ChardevAddress.Unix("/dev/null/m"), Control = AddressText.Qmp("/dev/null/c", out _) },
        };

        var without = await CheckSurvey.RunAsync(options, new ProcFs(), CancellationToken.None);
        var with = await CheckSurvey.RunAsync(given, new ProcFs(), CancellationToken.None);

        Assert.That((without.Recording, without.Metrics, without.Control), Is.EqualTo(((RecordingPlace?)null, (ChardevFacts?)null, (ChardevFacts?)null)));
        Assert.That(with.Recording!.Problem, Is.EqualTo("it is neither a file nor a FIFO"));
        Assert.That(with.Metrics!.Problem, Is.EqualTo("Failed to bind socket to '/dev/null/m': Not a directory"));
        Assert.That(with.Control!.Problem, Is.EqualTo("Failed to bind socket to '/dev/null/c': Not a directory"));
    }

    private static CheckContext WithRecording(RecordingPlace place)
    {
        var scene = Scene.Of();
        return scene with { Options = scene.Options with { Run = scene.Options.Run with { PcapngFile = File } }, Recording = place };
    }

    private static CheckContext WithMetrics(string address, bool exists = false, bool listens = false, string? problem = null)
    {
        var chardev = new ChardevOptions("metrics", AddressText.Stream(address, out _)!, true, false, null);
        return Scene.Of() with { Metrics = new ChardevFacts(chardev, problem, exists, new UnixSocketUse(listens, 0)) };
    }
}
