using System.Text.Json.Nodes;
using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

public sealed class RealQemuTests
{
    private RealQemu _qemu = null!;
    private QmpConnector _connector = null!;

    [SetUp]
    public void StartQemu()
    {
        _qemu = RealQemu.Start();
        _connector = new QmpConnector(new QmpClientOptions { Address = _qemu.Address });
    }

    [TearDown]
    public async Task EndQemu() => await _qemu.DisposeAsync();

    [Test]
    public async Task A_session_with_QEMU_goes_as_the_scripted_servers_say()
    {
        QmpEventListener? listener = null;
        await using var client = await ConnectAsync(c => listener = c.Listen());
        var version = (await client.ExecuteAsync("query-version")).Return.GetProperty("qemu");
        var status = await client.ExecuteAsync("query-status");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(client.Greeting.Major, Is.EqualTo(version.GetProperty("major").GetInt32()));
            Assert.That(client.Greeting.Minor, Is.EqualTo(version.GetProperty("minor").GetInt32()));
            Assert.That(client.Greeting.Micro, Is.EqualTo(version.GetProperty("micro").GetInt32()));
            Assert.That(client.Greeting.OutOfBand, Is.True);
            Assert.That(status.Return.GetProperty("status").GetString(), Is.EqualTo("prelaunch"));
            Assert.That(status.Return.GetProperty("running").GetBoolean(), Is.False);
        }

        var before = TimeProvider.System.GetUtcNow().AddMilliseconds(-1).ToUnixTimeMilliseconds() * 1_000_000;
        var cont = await client.ExecuteAsync("cont");
        var resume = await Clients.NextAsync(listener!, "RESUME");
        var stopReply = await client.ExecuteAsync("stop");
        var stop = await Clients.NextAsync(listener!, "STOP");
        var after = TimeProvider.System.GetUtcNow().AddMilliseconds(1).ToUnixTimeMilliseconds() * 1_000_000;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((resume.Name, stop.Name), Is.EqualTo(("RESUME", "STOP")));
            Assert.That(resume.Sequence, Is.LessThan(cont.Sequence), "QEMU emits RESUME before it returns from cont");
            Assert.That(stop.Sequence, Is.InRange(cont.Sequence, stopReply.Sequence));
            Assert.That(stop.TimestampNanoseconds, Is.InRange(before, after));
        }
    }

    [Test]
    public async Task QEMUs_errors_have_their_classes()
    {
        await using var client = await ConnectAsync();
        var unknown = await Clients.FailureAsync<QmpCommandException>(client.ExecuteAsync("no-such-command"));
        var path = new JsonObject { ["path"] = "/absent" };
        var absent = await Clients.FailureAsync<QmpCommandException>(client.ExecuteAsync("qom-list", path));
        var wrong = await Clients.FailureAsync<QmpCommandException>(client.ExecuteAsync("qom-list"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(unknown.ErrorClass, Is.EqualTo(QmpErrorClass.CommandNotFound));
            Assert.That(unknown.Description, Is.EqualTo("The command no-such-command has not been found"));
            Assert.That(absent.ErrorClass, Is.EqualTo(QmpErrorClass.DeviceNotFound));
            Assert.That(wrong.ErrorClass, Is.EqualTo(QmpErrorClass.GenericError));
        }
    }

    [Test]
    public async Task Out_of_band_commands_and_a_burst_of_ordinary_ones_are_all_answered()
    {
        await using var client = await ConnectAsync();
        var burst = Enumerable.Range(0, 50).Select(_ => client.ExecuteAsync("query-commands")).ToArray();
        var oob = await Clients.FailureAsync<QmpCommandException>(client.ExecuteAsync("migrate-pause", outOfBand: true));
        var lists = await Bounded.WaitAsync(Task.WhenAll(burst), "50 lists");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(oob.ErrorClass, Is.EqualTo(QmpErrorClass.GenericError), "there is no migration to pause");
            Assert.That(lists.Select(l => l.Return.GetArrayLength()), Is.All.GreaterThan(100));
        }
    }

    [Test]
    public async Task A_second_client_is_told_that_the_monitor_is_held_and_gets_in_when_the_first_leaves()
    {
        var first = await ConnectAsync();
        await using (var second = new QmpClient(
            new QmpClientOptions { Address = _qemu.Address, GreetingTimeout = TimeSpan.FromMilliseconds(200) }))
        {
            var e = await Clients.FailureAsync<QmpConnectException>(second.ConnectAsync());
            Assert.That(e.Reason, Is.EqualTo(QmpConnectFailure.NoGreeting));
        }
        await first.DisposeAsync();
        await using var third = await ConnectAsync();
        Assert.That(third.Greeting.Major, Is.GreaterThanOrEqualTo(7));
    }

    [Test]
    public async Task Quit_gives_SHUTDOWN_and_the_end_of_the_connection()
    {
        QmpEventListener? listener = null;
        await using var client = await ConnectAsync(c => listener = c.Listen("SHUTDOWN"));
        await client.ExecuteAsync("quit");
        var events = await Clients.RestAsync(listener!);
        var end = await Bounded.WaitAsync(client.Closed, "QEMU to close");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(events.Single().Data.GetProperty("reason").GetString(), Is.EqualTo("host-qmp-quit"));
            Assert.That(end.Reason, Is.EqualTo(QmpDisconnectReason.PeerClosed));
        }
    }

    private Task<QmpClient> ConnectAsync(Action<QmpClient>? prepare = null) =>
        Bounded.WaitAsync(_connector.ConnectAsync(prepare, CancellationToken.None), "a connection to QEMU");
}
