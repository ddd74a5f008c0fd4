using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using QmpRedirector.Testing;

namespace QmpRedirector.Net.Tests.Chardevs;

/// <summary>One peer after the other, reconnecting, and the end of a connection.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ChardevServingTests : IDisposable
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(5);

    private readonly Scratch _scratch = new();
    private readonly StandingClock _time = new();
    private readonly BlockingCollection<ChardevEvent> _events = [];
    private readonly CancellationTokenSource _stop = new();

    public void Dispose()
    {
        _stop.Dispose();
        _events.Dispose();
        _scratch.Dispose();
    }

    [Test]
    public async Task A_client_with_reconnect_is_opened_without_a_server_and_tries_again_each_interval()
    {
        var path = _scratch.PathOf("m0");
        using var chardev = Make(server: false, _interval);
        await chardev.OpenAsync(default);
        var peer = chardev.NextPeerAsync(_stop.Token);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            Assert.That(Next(), Is.EqualTo(new ChardevEvent.Refused($"Failed to connect to '{path}': No such file or directory")));
            if (attempt == 0)
            {
                _time.Advance(_interval - TimeSpan.FromMilliseconds(1));
                Assert.That(_events.TryTake(out _), Is.False, "not before the interval is over");
                _time.Advance(TimeSpan.FromMilliseconds(1));
            }
            else if (attempt == 1)
            {
                _time.Advance(_interval);
            }
        }

        using var listener = Scratch.Listen(path);
        _time.Advance(_interval);
        using var accepted = await Scratch.WithinAsync(listener.AcceptAsync());
        using var connected = await Scratch.WithinAsync(peer);
        await Scratch.AreConnectedAsync(connected!, accepted);
    }

    [Test]
    public async Task A_lost_connection_is_made_again_after_the_interval_and_not_at_once()
    {
        using var listener = Scratch.Listen(_scratch.PathOf("m0"));
        using var chardev = Make(server: false, _interval);
        await chardev.OpenAsync(default);
        (await Scratch.WithinAsync(chardev.NextPeerAsync(_stop.Token)))!.Dispose();
        (await Scratch.WithinAsync(listener.AcceptAsync())).Dispose();

        var again = chardev.NextPeerAsync(_stop.Token);
        Assert.That(listener.Poll(TimeSpan.Zero, SelectMode.SelectRead), Is.False);
        _time.Advance(_interval);
        using var peer = await Scratch.WithinAsync(again);
        Assert.That(peer, Is.Not.Null);
    }

    [Test]
    public async Task Waiting_for_a_peer_can_be_cancelled([Values] bool server)
    {
        using var chardev = Make(server, server ? null : _interval);
        await chardev.OpenAsync(default);
        var running = chardev.RunAsync(_ => Task.FromResult(PeerLoss.PeerClosed), _stop.Token);
        if (!server)
            Next();
        await _stop.CancelAsync();
        await Scratch.WithinAsync(running);
        Assert.That(running.IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public async Task A_second_peer_waits_until_the_first_is_done_with()
    {
        using var chardev = Make(server: true, null);
        await chardev.OpenAsync(default);
        var served = new BlockingCollection<(Socket Peer, TaskCompletionSource<PeerLoss> Done)>();
        var running = chardev.RunAsync(
            peer =>
            {
                var done = new TaskCompletionSource<PeerLoss>(TaskCreationOptions.RunContinuationsAsynchronously);
                served.Add((peer, done));
                return done.Task;
            },
            _stop.Token);
        using var first = Scratch.Connect(_scratch.PathOf("m0"));
        using var second = Scratch.Connect(_scratch.PathOf("m0"));

        var one = Take(served);
        Assert.That(Next(), Is.TypeOf<ChardevEvent.Connected>());
        Assert.That((chardev.IsConnected, chardev.Filename), Is.EqualTo((true, $"unix:{_scratch.PathOf("m0")},server=on")));
        await Scratch.AreConnectedAsync(one.Peer, first);
        Assert.That(served.TryTake(out _), Is.False);

        one.Done.SetResult(PeerLoss.PeerClosed);
        var two = Take(served);
        Assert.That(Next(), Is.EqualTo(new ChardevEvent.Disconnected(PeerLoss.PeerClosed, Final: false)));
        Assert.That(Next(), Is.TypeOf<ChardevEvent.Connected>());
        await Scratch.AreConnectedAsync(two.Peer, second);
        Assert.That(await Scratch.WithinAsync(first.ReceiveAsync(new byte[1])), Is.Zero, "the first connection is closed");

        await _stop.CancelAsync();
        two.Done.SetResult(PeerLoss.PeerClosed);
        await Scratch.WithinAsync(running);
    }

    [Test]
    public async Task A_peer_is_handed_over_before_its_connection_is_announced()
    {
        var announced = false;
        var announcedFirst = new TaskCompletionSource<bool>();
        using var chardev = Make(server: true, null);
        chardev.OnEvent = _ => announced = true;
        await chardev.OpenAsync(default);
        using var client = Scratch.Connect(_scratch.PathOf("m0"));
        var running = chardev.RunAsync(
            _ =>
            {
                announcedFirst.TrySetResult(announced);
                return Task.FromResult(PeerLoss.PeerClosed);
            },
            _stop.Token);

        Assert.That(await Scratch.WithinAsync(announcedFirst.Task), Is.False);
        await _stop.CancelAsync();
        await Scratch.WithinAsync(running);
    }

    [Test]
    public async Task An_accept_that_fails_is_told_and_tried_again()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var options = new SocketChardevOptions("m0", new ChardevAddress.Fd((int)listener.Handle), Server: true, Reconnect: null);
        using var chardev = new SocketChardev(options, _time) { OnEvent = _events.Add };
        await chardev.OpenAsync(default);

        // A TCP socket that is shut down listens no more: accept(2) fails from now on.
        listener.Shutdown(SocketShutdown.Both);
        Scratch.LetGo(listener);
        var running = chardev.RunAsync(_ => Task.FromResult(PeerLoss.PeerClosed), _stop.Token);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            Assert.That(Next(), Is.EqualTo(new ChardevEvent.NotAccepted("Failed to accept a connection: Invalid argument")));
            Assert.That(running.IsCompleted, Is.False);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await _stop.CancelAsync();
        await Scratch.WithinAsync(running);
    }

    [Test]
    public async Task Losing_the_only_peer_of_a_client_without_reconnect_is_final()
    {
        using var listener = Scratch.Listen(_scratch.PathOf("m0"));
        using var chardev = Make(server: false, null);
        await chardev.OpenAsync(default);
        await Scratch.WithinAsync(chardev.RunAsync(_ => Task.FromResult(PeerLoss.PeerClosed), _stop.Token));
        Assert.That(Next(), Is.TypeOf<ChardevEvent.Connected>());
        Assert.That(Next(), Is.EqualTo(new ChardevEvent.Disconnected(PeerLoss.PeerClosed, Final: true)));
    }

    [Test]
    public async Task A_connection_ended_by_stopping_gives_the_peer_its_end_of_file_and_waits_for_the_peers_own()
    {
        using var chardev = Make(server: true, null);
        await chardev.OpenAsync(default);
        using var client = Scratch.Connect(_scratch.PathOf("m0"));
        var running = chardev.RunAsync(
            async peer =>
            {
                await peer.SendAsync((byte[])[1, 2, 3]);
                await _stop.CancelAsync();
                return PeerLoss.Stopped;
            },
            _stop.Token);

        var received = new byte[8];
        Assert.That(await Scratch.WithinAsync(client.ReceiveAsync(received)), Is.EqualTo(3));
        Assert.That(await Scratch.WithinAsync(client.ReceiveAsync(received)), Is.Zero);
        Assert.That(running.IsCompleted, Is.False, "the peer has not closed yet, and the clock stands still");
        client.Close();
        await Scratch.WithinAsync(running);
    }

    [Test]
    public async Task A_peer_that_does_not_close_is_waited_for_200_ms()
    {
        using var chardev = Make(server: true, null);
        await chardev.OpenAsync(default);
        using var client = Scratch.Connect(_scratch.PathOf("m0"));
        var running = chardev.RunAsync(
            async _ =>
            {
                await _stop.CancelAsync();
                return PeerLoss.Stopped;
            },
            _stop.Token);
        Assert.That(await Scratch.WithinAsync(client.ReceiveAsync(new byte[1])), Is.Zero);

        await _time.TimerSetAsync();
        _time.Advance(TimeSpan.FromMilliseconds(199));
        Assert.That(running.IsCompleted, Is.False);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Scratch.WithinAsync(running);
    }

    private SocketChardev Make(bool server, TimeSpan? reconnect) => new(
        new SocketChardevOptions("m0", new ChardevAddress.Unix(_scratch.PathOf("m0")), server, reconnect), _time) { OnEvent = _events.Add };

    private ChardevEvent Next() => Take(_events);

    private static T Take<T>(BlockingCollection<T> queue)
    {
        Assert.That(queue.TryTake(out var item, TimeSpan.FromSeconds(10)), Is.True, "nothing came within 10 s");
        return item!;
    }
}
