using System.Text.Json;
using QmpRedirector.Qmp;
using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Vm;

public sealed class RunStateTrackerTests
{
    [TestCase("debug")]
    [TestCase("inmigrate")]
    [TestCase("internal-error")]
    [TestCase("io-error")]
    [TestCase("paused")]
    [TestCase("postmigrate")]
    [TestCase("prelaunch")]
    [TestCase("finish-migrate")]
    [TestCase("restore-vm")]
    [TestCase("save-vm")]
    [TestCase("shutdown")]
    [TestCase("suspended")]
    [TestCase("watchdog")]
    [TestCase("guest-panicked")]
    [TestCase("colo")]
    public void Every_run_state_but_running_is_not_running(string state)
    {
        var tracker = new RunStateTracker();
        tracker.Apply(Answer(1, "running"));

        Assert.That(tracker.Apply(Answer(2, state)), Is.True);
        Assert.That((tracker.RunState, tracker.Running), Is.EqualTo((state, false)));
    }

    [Test]
    public void Run_state_running_is_running()
    {
        var tracker = new RunStateTracker();

        Assert.That(tracker.Apply(Answer(1, "running")), Is.True);
        Assert.That((tracker.RunState, tracker.Running), Is.EqualTo(("running", true)));
    }

    // Every wire of up to five messages, taken in every order its two streams could reach this process's threads in, and worse.
    [Test]
    public void Whatever_the_order_of_arrival_the_last_message_on_the_wire_wins()
    {
        Func<long, Message>[] alphabet =
        [
            n => new Message(n, Event(n, "STOP"), null, null, false),
            n => new Message(n, Event(n, "RESUME"), null, "running", true),
            n => new Message(n, null, Answer(n, "running"), "running", true),
            n => new Message(n, null, Answer(n, "paused"), "paused", false),
            n => new Message(n, null, Answer(n, "suspended"), "suspended", false),
        ];
        var checks = 0;
        for (var length = 1; length <= 5; length++)
        {
            var orders = Permutations(length);
            foreach (var wire in Words(alphabet, length))
            {
                foreach (var order in orders)
                {
                    var tracker = new RunStateTracker();
                    var last = wire[order[0]];
                    foreach (var index in order)
                    {
                        var message = wire[index];
                        Take(tracker, message);
                        last = message.Sequence > last.Sequence ? message : last;
                        if ((tracker.RunState, tracker.Running) != (last.RunState, last.Running))
                            Assert.Fail($"{string.Join<Message>(' ', wire)} in order {string.Join(',', order)}");
                        checks++;
                    }
                }
            }
        }
        Assert.That(checks, Is.EqualTo((5 * 1) + (25 * 2 * 2) + (125 * 6 * 3) + (625 * 24 * 4) + (3125 * 120 * 5)));
    }

    [Test]
    public void A_new_connection_keeps_the_state_and_takes_its_first_word()
    {
        var tracker = new RunStateTracker();
        tracker.Apply(Answer(100, "running"));

        tracker.StartConnection();
        Assert.That(tracker.Running, Is.True);
        tracker.Apply(Answer(2, "paused"));

        Assert.That((tracker.RunState, tracker.Running), Is.EqualTo(("paused", false)));
    }

    [Test]
    public void Events_that_name_no_state_say_nothing()
    {
        var tracker = new RunStateTracker();
        tracker.Apply(Answer(1, "running"));

        Assert.That(tracker.Apply(Event(2, "SUSPEND")), Is.False);
        Assert.That(tracker.Running, Is.True);
    }

    [TestCase("""{"running": true}""")]
    [TestCase("""{"status": 3}""")]
    [TestCase("[]")]
    public void An_answer_without_a_status_says_nothing(string json)
    {
        var tracker = new RunStateTracker();
        tracker.Apply(Answer(1, "running"));

        Assert.That(tracker.Apply(new QmpReply(JsonElement.Parse(json), 2)), Is.False);
        Assert.That(tracker.Running, Is.True);
    }

    [TestCase("""{"running": true, "status": "suspended"}""", true)]
    [TestCase("""{"running": false, "status": "running"}""", true)]
    [TestCase("""{"running": true, "status": "running"}""", false)]
    [TestCase("""{"running": false, "status": "paused"}""", false)]
    [TestCase("""{"status": "paused"}""", false)]
    public void An_answer_whose_members_disagree_is_told(string json, bool contradictory) =>
        Assert.That(RunStateTracker.IsContradictory(new QmpReply(JsonElement.Parse(json), 1)), Is.EqualTo(contradictory));

    private static void Take(RunStateTracker tracker, Message message)
    {
        if (message.Event is not null)
            tracker.Apply(message.Event);
        else
            tracker.Apply(message.Answer!);
    }

    private static QmpEvent Event(long sequence, string name) => new(name, default, null, sequence);

    private static QmpReply Answer(long sequence, string state) =>
        new(JsonElement.Parse($$"""{"status": "{{state}}", "running": {{(state == "running" ? "true" : "false")}}}"""), sequence);

    private static IEnumerable<Message[]> Words(Func<long, Message>[] alphabet, int length)
    {
        var count = (int)Math.Pow(alphabet.Length, length);
        for (var word = 0; word < count; word++)
        {
            var messages = new Message[length];
            for (int i = 0, rest = word; i < length; i++, rest /= alphabet.Length)
                messages[i] = alphabet[rest % alphabet.Length](i + 1);
            yield return messages;
        }
    }

    private static List<int[]> Permutations(int length) => length == 0
        ? [[]]
        : [.. from shorter in Permutations(length - 1)
              from at in Enumerable.Range(0, length)
              select (int[])[.. shorter[..at], length - 1, .. shorter[at..]]];

    private sealed record Message(long Sequence, QmpEvent? Event, QmpReply? Answer, string? RunState, bool Running);
}
