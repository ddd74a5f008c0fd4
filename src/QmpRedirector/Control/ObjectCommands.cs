using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using QmpRedirector.Net;
using QmpRedirector.Net.Interop;
using QmpRedirector.Options;
using QmpRedirector.Qmp;
using QmpRedirector.Redirectors;
using QmpRedirector.Running;
using QmpRedirector.Vm;

namespace QmpRedirector.Control;

/// <summary>
/// <c>object-add</c>, <c>object-del</c>, <c>chardev-add</c> and <c>chardev-remove</c> while frames flow. One of them at a time: each looks
/// at the table before it changes it.
/// </summary>
internal sealed class ObjectCommands(RedirectorTable table, VmFollower vm, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>How long a new redirector's TAP is looked for before it is accepted as one that waits.</summary>
    private static readonly TimeSpan _firstLook = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _turn = new(1, 1);

    public void AddTo(QmpCommandTable commands)
    {
        commands.Add(
            "object-add",
            (a, ct) => InTurnAsync(() => AddObjectAsync(a.GetRest(), ct), ct),
            members: [.. ObjectSchema.Properties.Select(p => new QmpMember(p.Name, TypeOf(p.Kind), Optional: !p.Required))]);
        commands.Add("object-del", (a, ct) => InTurnAsync(() => RemoveObjectAsync(a), ct), members: [new("id")]);
        commands.Add(
            "chardev-add", (a, ct) => InTurnAsync(() => AddChardevAsync(a.GetRest(), ct), ct), members: [new("id"), new("backend", "any")]);
        commands.Add("chardev-remove", (a, ct) => InTurnAsync(() => RemoveChardevAsync(a), ct), members: [new("id")]);
    }

    public void Dispose() => _turn.Dispose();

    private static string TypeOf(OptionKind kind) => kind switch
    {
        OptionKind.Boolean => "bool",
        OptionKind.Number or OptionKind.Size => "int",
        _ => "str",
    };

    private async ValueTask<JsonNode?> InTurnAsync(Func<Task> command, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await command();
            return null;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task AddObjectAsync(JsonObject description, CancellationToken cancellationToken)
    {
        var options = Description.ReadObject(description);
        if (table.Find(options.Id) is not null)
        {
            throw new QmpServerError(
                $"attempt to add duplicate property '{options.Id}' to object (type 'container')");
        }

        var outdev = table.FindChardev(options.Outdev!) ?? throw new QmpServerError(
            QmpErrorClass.DeviceNotFound,
            options.Type == RedirectorOptions.FilterMirror
                ? QemuSentences.NoDevice(options.Outdev!)
                : QemuSentences.NoOutDevice(options.Outdev!));
        if (table.UserOf(outdev) is not null)
            throw new QmpServerError(QemuSentences.InUse(outdev.Options.Id));

        // QEMU's chardev keeps its connection for the next filter; here it has ended with the redirector.
        if (outdev.Socket.IsSpent)
        {
            throw new QmpServerError(
                $"The connection of chardev '{outdev.Options.Id}' has ended, and without reconnect it makes no other: chardev-remove and "
                + "chardev-add it");
        }

        await StartAsync(options, cancellationToken);
    }

    private async Task StartAsync(RedirectorOptions options, CancellationToken cancellationToken)
    {
        RedirectorUnit unit;
        try
        {
            unit = table.Add(options);
        }
        catch (LinuxException e)
        {
            throw new QmpServerError(Sentences.PacketSocket(e, options));
        }

        var accepted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        unit.Start(e =>
        {
            if (!accepted.TrySetException(e))
                table.Fail(e);
        });
        try
        {
            // Without a QEMU to ask, it waits for one, as those of the command line do.
            if (vm.Current.Phase == VmPhase.Following)
                await Task.WhenAny(unit.Netdev.Looked, accepted.Task, Task.Delay(_firstLook, time, cancellationToken)).Unwrap();
            unit.Netdev.Accept();
            accepted.TrySetResult();
            await accepted.Task;
            Log.ObjectAdded(logger, options.Id);
        }
        catch (Exception e)
        {
            accepted.TrySetResult();
            await table.RemoveAsync(unit);
            if (e is RedirectorException or LinuxException)
                throw new QmpServerError(e.Message);
            throw;
        }
    }

    private async Task RemoveObjectAsync(QmpArguments arguments)
    {
        var id = arguments.GetString("id");
        arguments.Done();
        var unit = table.Find(id) ?? throw new QmpServerError($"object '{id}' not found");
        var account = await table.RemoveAsync(unit);
        Log.ObjectRemoved(logger, ClosingReport.Line(id, account, unit.Redirector.Recorder));
    }

    private async Task AddChardevAsync(JsonObject description, CancellationToken cancellationToken)
    {
        var options = Description.Read(description, static (element, report) => ChardevParser.Parse(element, "", report).Value);
        if (table.FindChardev(options.Id) is not null)
            throw new QmpServerError($"Chardev with id '{options.Id}' already exists");
        var chardev = table.AddChardev(options);
        try
        {
            await chardev.Socket.OpenAsync(cancellationToken);
        }
        catch (Exception e)
        {
            table.RemoveChardev(chardev);
            if (e is ChardevException)
                throw new QmpServerError($"Failed to add chardev '{options.Id}': {e.Message}");
            throw;
        }
    }

    private Task RemoveChardevAsync(QmpArguments arguments)
    {
        var id = arguments.GetString("id");
        arguments.Done();
        var chardev = table.FindChardev(id) ?? throw new QmpServerError($"Chardev '{id}' not found");
        if (table.UserOf(chardev) is not null)
            throw new QmpServerError($"Chardev '{id}' is busy");
        table.RemoveChardev(chardev);
        return Task.CompletedTask;
    }
}
