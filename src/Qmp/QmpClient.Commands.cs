using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using QmpRedirector.Qmp.Wire;

namespace QmpRedirector.Qmp;

public sealed partial class QmpClient
{
    /// <summary>Sends a command and waits for its reply.</summary>
    /// <param name="command">For example "query-status".</param>
    /// <param name="arguments">Its arguments, read before this returns.</param>
    /// <param name="outOfBand">Send it as "exec-oob": QEMU runs it at once, past the commands queued before it.</param>
    /// <param name="ct">Stops the waiting, not the command: it may have been sent, and its reply is then ignored.</param>
    /// <exception cref="QmpCommandException">The server answered with an error.</exception>
    /// <exception cref="QmpTimeoutException">No reply within <see cref="QmpClientOptions.CommandTimeout"/>.</exception>
    /// <exception cref="QmpDisconnectedException">The connection ended.</exception>
    /// <exception cref="InvalidOperationException">Not connected yet, or out of band where the server does not offer it.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    public Task<QmpReply> ExecuteAsync(
        string command, JsonObject? arguments = null, bool outOfBand = false, CancellationToken ct = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(command);
        lock (_lock)
        {
            if (_state is QmpClientState.Idle or QmpClientState.Connecting)
                throw new InvalidOperationException($"QMP command '{command}' was given before ConnectAsync had completed.");
        }
        if (outOfBand && _greeting is { OutOfBand: false })
            throw new InvalidOperationException($"QMP command '{command}' cannot go out of band: {_options.Address} does not offer it.");
        return SendCommandAsync(command, arguments, outOfBand, ct);
    }

    private async Task<QmpReply> SendCommandAsync(string command, JsonObject? arguments, bool outOfBand, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var pending = _pending.Add(command, id => QmpRequest.Encode(command, arguments, outOfBand, id));
        if (pending is null)
        {
            throw _disconnect is not null
                ? Disconnected(command)
                : new QmpTimeoutException(command, $"QMP command '{command}' was not sent: {_options.Address} has stopped answering.");
        }
        try
        {
            return await pending.Reply.WaitAsync(_options.CommandTimeout, _options.TimeProvider, ct);
        }
        catch (TimeoutException)
        {
            QmpLog.CommandTimedOut(_log, _options.Address, command, pending.Id, _options.CommandTimeout);
            var seconds = _options.CommandTimeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
            throw new QmpTimeoutException(command, Abandon(pending)
                ? $"QMP command '{command}' could not be sent within {seconds} s: {_options.Address} does not read."
                : $"QMP command '{command}' had no reply from {_options.Address} within {seconds} s.");
        }
        catch (OperationCanceledException)
        {
            Abandon(pending);
            throw;
        }
    }

    /// <summary>Returns true if the command was never sent.</summary>
    private bool Abandon(QmpPendingCommand pending)
    {
        if (!pending.Abandon())
            return false;
        _pending.Remove(pending);
        return true;
    }

    private QmpDisconnectedException Disconnected(string what) =>
        new($"QMP '{what}' is not possible: {Describe(_disconnect!)}", _disconnect!);

    private async Task SendAsync(Socket socket)
    {
        Task before = Task.CompletedTask;
        try
        {
            await foreach (var pending in _pending.Outgoing.ReadAllAsync())
            {
                await before;
                if (!pending.TryStartSending())
                    continue;
                QmpLog.CommandSent(_log, _options.Address, pending.Command, pending.Id);
                for (var rest = pending.Request; rest.Length > 0;)
                    rest = rest[await socket.SendAsync(rest, SocketFlags.None)..];
                if (_options.OneAtATime)
                    before = Task.WhenAny(pending.Answered, Task.Delay(_options.CommandTimeout, _options.TimeProvider, _closing.Token));
            }
        }
        catch (Exception) when (_disconnect is not null)
        {
            // Shutdown has disposed the socket.
        }
        catch (SocketException e) when (QmpSocket.IsPeerGone(e.SocketErrorCode))
        {
            // What the peer wrote before it went is still to be read: shut down, the socket gives that and then its end.
            QmpLog.SendingEnded(_log, _options.Address, e.Message);
            EndStream(socket);
        }
        catch (Exception e)
        {
            Shutdown(QmpDisconnectReason.Unexpected, e);
        }
    }

    private static void EndStream(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Already ended, from the other side or by Shutdown.
        }
    }
}
