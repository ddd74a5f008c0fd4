using System.Net.Sockets;
using System.Text.Json;
using QmpRedirector.Qmp.Wire;

namespace QmpRedirector.Qmp;

public sealed partial class QmpClient
{
    // Only the read loop touches it.
    private long _sequence;

    private async Task ReceiveAsync(Socket socket)
    {
        var buffer = new QmpMessageBuffer(_options.MaxMessageBytes);
        try
        {
            while (await socket.ReceiveAsync(buffer.GetMemory(), SocketFlags.None) is > 0 and var count)
            {
                buffer.Advance(count);
                while (buffer.TryTake(out var message))
                    Dispatch(message);
            }
            Shutdown(QmpDisconnectReason.PeerClosed, buffer.PartialBytes == 0
                ? null
                : new QmpProtocolException($"The peer closed the connection within a message, after {buffer.PartialBytes} bytes of it."));
        }
        catch (Exception) when (_disconnect is not null)
        {
            // Shutdown has disposed the socket.
        }
        catch (SocketException e) when (QmpSocket.IsPeerGone(e.SocketErrorCode))
        {
            Shutdown(QmpDisconnectReason.ConnectionReset, e);
        }
        catch (QmpProtocolException e)
        {
            Shutdown(QmpDisconnectReason.ProtocolError, e);
        }
        catch (Exception e)
        {
            Shutdown(QmpDisconnectReason.Unexpected, e);
        }
    }

    private void Dispatch(JsonElement message)
    {
        var sequence = ++_sequence;
        if (QmpMessage.Text(message, "event") is { } name)
            Post(QmpMessage.ReadEvent(name, message, sequence));
        else if (QmpMessage.Member(message, "QMP") is { } qmp)
            Greet(qmp);
        else if (!_greeted.Task.IsCompleted)
            throw new QmpProtocolException("The peer's first message is no QMP greeting.");
        else if (QmpMessage.Member(message, "return") is { } result)
            Return(message, result, sequence);
        else if (QmpMessage.Member(message, "error") is { } error)
            Fail(message, error, sequence);
        else
            QmpLog.MessageIgnored(_log, _options.Address, sequence);
    }

    private void Greet(JsonElement qmp)
    {
        if (!_greeted.TrySetResult(QmpMessage.ReadGreeting(qmp)))
            throw new QmpProtocolException("The peer greeted twice: another server has taken its place.");
    }

    private void Post(QmpEvent posted)
    {
        QmpLog.EventReceived(_log, _options.Address, posted.Name, posted.Sequence);
        foreach (var listener in _listeners)
        {
            if (listener.Wants(posted.Name) && listener.Post(posted))
                QmpLog.EventDropped(_log, _options.Address, posted.Name);
        }
    }

    private void Return(JsonElement message, JsonElement result, long sequence)
    {
        if (Take(message, sequence) is not { } pending)
            return;
        if (pending.Complete(new QmpReply(result, sequence)))
            QmpLog.CommandReturned(_log, _options.Address, pending.Command, pending.Id, sequence);
        else
            QmpLog.LateReplyIgnored(_log, _options.Address, pending.Command, pending.Id);
    }

    private void Fail(JsonElement message, JsonElement error, long sequence)
    {
        if (Take(message, sequence) is not { } pending)
            return;
        var errorClass = QmpMessage.Text(error, "class") ?? "";
        var description = QmpMessage.Text(error, "desc") ?? "";
        if (pending.Fail(new QmpCommandException(pending.Command, errorClass, description, sequence)))
            QmpLog.CommandFailed(_log, _options.Address, pending.Command, pending.Id, errorClass, description);
        else
            QmpLog.LateReplyIgnored(_log, _options.Address, pending.Command, pending.Id);
    }

    private QmpPendingCommand? Take(JsonElement message, long sequence)
    {
        var id = QmpMessage.Member(message, "id");
        var pending = _pending.Take(id);
        if (pending is null)
            QmpLog.UnknownReplyIgnored(_log, _options.Address, sequence, id?.GetRawText());
        return pending;
    }
}
