using System.Net.Sockets;
using System.Text;
using QmpRedirector.SystemTests.Kit;
using QmpRedirector.Testing;

namespace QmpRedirector.SystemTests.RunStates;

/// <summary>
/// The guest's serial console, by which its agent is told what to do (scripts/guest/agent.c). It is read all the time: a guest that prints
/// to a console nobody reads stands still, even in a kernel panic.
/// </summary>
internal sealed class GuestConsole : IAsyncDisposable
{
    /// <summary>Three seconds on an idle machine.</summary>
    private static readonly TimeSpan BootDeadline = TimeSpan.FromSeconds(90);

    private readonly Lock _lock = new();
    private readonly Signal _changed = new();
    private readonly Socket _socket;
    private readonly Task _reading;
    private readonly List<string> _lines = [];

    private GuestConsole(Socket socket)
    {
        _socket = socket;
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>To be called before the guest starts, so that nothing it says is missed.</summary>
    public static async Task<GuestConsole> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return new GuestConsole(socket);
    }

    /// <summary>Waits until the agent has started, once for each boot.</summary>
    public Task WaitForBootAsync() => WaitForAsync("@AGENT ready", BootDeadline);

    public async Task SendAsync(string command) => await _socket.SendAsync(Encoding.ASCII.GetBytes(command + "\n"));

    /// <summary>Waits for a line that holds <paramref name="answer"/>, and forgets it and those before it.</summary>
    public Task WaitForAsync(string answer, TimeSpan? within = null) =>
        _changed.WaitUntilAsync(() => Take(answer), $"the guest to say '{answer}'", within ?? Eventually.Deadline);

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await Bounded.WaitAsync(_reading, "the console's reader to end");
    }

    private bool Take(string answer)
    {
        lock (_lock)
        {
            var found = _lines.FindIndex(line => line.Contains(answer, StringComparison.Ordinal));
            _lines.RemoveRange(0, found + 1);
            return found >= 0;
        }
    }

    private async Task ReadAsync()
    {
        using var reader = new StreamReader(new NetworkStream(_socket), Encoding.ASCII);
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                lock (_lock) _lines.Add(line);
                _changed.Pulse();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // QEMU or the test has closed it.
        }
    }
}
