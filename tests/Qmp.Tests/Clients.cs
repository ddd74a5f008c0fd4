using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

/// <summary>Makes clients of scripted servers.</summary>
internal static class Clients
{
    public static QmpAddress Parse(string text) =>
        QmpAddress.TryParse(text, out var address, out var error) ? address : throw new ArgumentException(error);

    public static QmpClientOptions OptionsOf(FakeQmpServer server) => new() { Address = server.Address };

    /// <summary>Connects a client and goes through the opening.</summary>
    public static async Task<(QmpClient Client, FakeQmpConnection Vm)> ConnectAsync(FakeQmpServer server, QmpClientOptions? options = null)
    {
        var client = new QmpClient(options ?? OptionsOf(server));
        var connecting = client.ConnectAsync();
        var vm = await server.AcceptNegotiatedAsync();
        await Bounded.WaitAsync(connecting, "the client to connect");
        return (client, vm);
    }

    /// <summary>The next event of a listener.</summary>
    public static async Task<QmpEvent> NextAsync(QmpEventListener listener, string awaited)
    {
        if (!await Bounded.WaitAsync(listener.WaitToReadAsync().AsTask(), awaited) || !listener.TryRead(out var next))
            throw new InvalidOperationException($"The listener has ended while {awaited} was awaited.");
        return next;
    }

    /// <summary>What is left in a listener until its end.</summary>
    public static async Task<List<QmpEvent>> RestAsync(QmpEventListener listener)
    {
        using var limit = new CancellationTokenSource(Bounded.Limit);
        var rest = new List<QmpEvent>();
        await foreach (var next in listener.WithCancellation(limit.Token))
            rest.Add(next);
        return rest;
    }

    /// <summary>The exception of a task that must fail, in bounded time.</summary>
    public static async Task<T> FailureAsync<T>(Task task)
        where T : Exception
    {
        try
        {
            await Bounded.WaitAsync(task, $"a {typeof(T).Name}");
        }
        catch (T e)
        {
            return e;
        }
        throw new InvalidOperationException($"Expected a {typeof(T).Name}, but the task succeeded.");
    }
}
