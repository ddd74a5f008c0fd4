using System.Reflection;
using Microsoft.Extensions.Logging;
using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

public sealed class QmpLogTests
{
    [Test]
    public void Every_entry_has_an_id_of_its_own_between_1000_and_1099()
    {
        var ids = typeof(QmpLog).GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly)
            .Select(m => m.GetCustomAttribute<LoggerMessageAttribute>()!.EventId).ToArray();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ids, Is.Unique.And.All.InRange(1000, 1099));
            Assert.That(ids, Has.Length.GreaterThan(10));
        }
    }

    [Test]
    public async Task A_session_is_logged_with_ids_and_values()
    {
        var log = new LogCapture();
        await using var server = FakeQmpServer.Start();
        var options = Clients.OptionsOf(server) with { Logger = log, EventQueueCapacity = 1 };
        var (client, vm) = await Clients.ConnectAsync(server, options);
        using var unread = client.Listen();
        await vm.SendEventAsync("STOP");
        await vm.SendEventAsync("RESUME");
        await vm.SendEventAsync("STOP");
        var executing = client.ExecuteAsync("device_del");
        await vm.ExpectAsync("device_del");
        await vm.SendErrorAsync("GenericError", "no");
        await Clients.FailureAsync<QmpCommandException>(executing);
        await vm.SendAsync("""{"return": {}, "id": 99}""");
        await vm.SendAsync("""{"news": 1}""");
        await vm.SendRawAsync("garbage"u8.ToArray());
        await Bounded.WaitAsync(client.Closed, "the end");
        await client.DisposeAsync();

        var connected = log.Entries.Single(e => e.Id.Id == 1001);
        var failed = log.Entries.Single(e => e.Id.Id == 1012);
        var broken = log.Entries.Single(e => e.Id.Id == 1003);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((connected.Values["Address"], connected.Values["Major"]), Is.EqualTo((server.Address, 7)));
            Assert.That((failed.Values["Command"], failed.Values["ErrorClass"]), Is.EqualTo(("device_del", "GenericError")));
            Assert.That(log.Entries.Count(e => e.Id.Id == 1020), Is.EqualTo(3), "events");
            Assert.That(log.Entries.Count(e => e.Id.Id == 1021), Is.EqualTo(1), "only the first loss of a listener is logged");
            Assert.That(log.Entries.Single(e => e.Id.Id == 1015).Values["Id"], Is.EqualTo("99"));
            Assert.That(log.Entries.Count(e => e.Id.Id == 1022), Is.EqualTo(1), "a message of no kind");
            Assert.That(
                (broken.Level, broken.Values["Problem"], broken.Exception),
                Is.EqualTo((LogLevel.Error, (object?)(await client.Closed).Exception!.Message, (Exception?)null)));
        }
    }
}
