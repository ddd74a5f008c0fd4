using Microsoft.Extensions.Logging;

namespace QmpRedirector.Qmp;

/// <summary>The protocol with one client, without its socket: what the answer to each input is.</summary>
internal sealed class QmpSession(string client, QmpCommandTable commands, ILogger log)
{
    private volatile bool _negotiated;
    private volatile bool _outOfBand;

    /// <summary>Whether the client has finished the negotiation; only then does it get events.</summary>
    public bool Negotiated => _negotiated;

    /// <summary>Whether an input asks to be executed before those that came earlier.</summary>
    public bool IsOutOfBand(QmpInput input) =>
        _outOfBand && input.Object is { } request && request.ContainsKey("exec-oob") && !request.ContainsKey("execute");

    /// <summary>Carries out what a client sent and gives the line to answer with.</summary>
    public async ValueTask<byte[]> AnswerAsync(QmpInput input, CancellationToken ct)
    {
        try
        {
            if (input.Error is not null)
                throw new QmpServerError(input.Error);
            var request = QmpRequestObject.Read(input.Value, _outOfBand);
            return await ExecuteAsync(request, input, ct);
        }
        catch (QmpServerError e)
        {
            QmpLog.RequestRefused(log, client, e.ErrorClass, e.Description);
            return QmpLine.Error(e, input.Object);
        }
    }

    private async ValueTask<byte[]> ExecuteAsync(QmpRequestObject request, QmpInput input, CancellationToken ct)
    {
        var arguments = new QmpArguments(request.Arguments);
        if (!_negotiated)
        {
            if (request.Command != QmpBuiltInCommands.Negotiate)
                throw new QmpServerError(QmpErrorClass.CommandNotFound, "Expecting capabilities negotiation with 'qmp_capabilities'");
            _outOfBand = QmpBuiltInCommands.ReadCapabilities(arguments);
            _negotiated = true;
            return QmpLine.Return(null, input.Object);
        }
        if (!commands.TryGet(request.Command, out var command))
            throw new QmpServerError(QmpErrorClass.CommandNotFound, $"The command {request.Command} has not been found");
        if (request.OutOfBand && !command.AllowOob)
            throw new QmpServerError($"The command {request.Command} does not support OOB");
        try
        {
            var result = await command.Handler(arguments, ct);
            QmpLog.CommandExecuted(log, client, command.Name);
            return QmpLine.Return(result, input.Object);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            throw new QmpServerError($"The command {command.Name} was interrupted");
        }
        catch (Exception e) when (e is not QmpServerError)
        {
            QmpLog.HandlerFailed(log, client, command.Name, e);
            throw new QmpServerError($"The command {command.Name} failed: {e.Message}");
        }
    }
}
