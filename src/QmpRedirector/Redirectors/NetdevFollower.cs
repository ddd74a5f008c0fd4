using Microsoft.Extensions.Logging;
using QmpRedirector.Net;
using QmpRedirector.Qmp;
using QmpRedirector.Vm;

namespace QmpRedirector.Redirectors;

/// <summary>
/// Keeps a redirector's TAP and vnet header length true to what QEMU says of its netdev. QEMU has no event for netdev_add, netdev_del
/// or a driver's negotiation: what is not known or not final is asked for every second.
/// </summary>
/// <param name="redirector">Told what was found.</param>
/// <param name="vm">Asked.</param>
/// <param name="resolver">Finds the TAP.</param>
/// <param name="waitsForNetdev">A netdev absent at first contact is waited for (<c>--wait-netdev</c>).</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Event ids of <see cref="Log"/>.</param>
internal sealed class NetdevFollower(
    Redirector redirector, VmFollower vm, NetdevResolver resolver, bool waitsForNetdev, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan _askAgain = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _woken = new(0, 1);
    private readonly Lock _waking = new();
    private readonly TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _accepted;
    private bool _disposed;
    private string? _said;

    /// <summary>Completes when QEMU has been asked for the netdev once, whatever it said.</summary>
    public Task Looked => _looked.Task;

    /// <summary>Something may have changed: look now. May come late, from who has seen its redirector in the table.</summary>
    public void Wake()
    {
        lock (_waking)
        {
            if (!_disposed && _woken.CurrentCount == 0)
                _woken.Release();
        }
    }

    /// <summary>From now on a netdev that is absent or no TAP is waited for, since nobody is there any more to be refused.</summary>
    public void Accept() => _accepted = true;

    /// <summary>Runs until cancelled.</summary>
    /// <exception cref="RedirectorException">At first contact there is no such netdev, or it is no TAP.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var settled = await LookAsync(cancellationToken);
            await WaitAsync(settled ? Timeout.InfiniteTimeSpan : _askAgain, cancellationToken);
        }
    }

    public void Dispose()
    {
        lock (_waking)
        {
            _disposed = true;
            _woken.Dispose();
        }
    }

    private async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await _woken.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>True when there is nothing to ask before something changes.</summary>
    private async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        var snapshot = vm.Current;
        if (snapshot.Phase != VmPhase.Following || vm.Client is not { } client)
            return true;
        var ifname = redirector.Options.Ifname;
        try
        {
            var resolution = await ResolveAsync(client, ifname, snapshot, cancellationToken);
            if (resolution.Kind != NetdevResolutionKind.Found)
            {
                TakeAbsence(resolution, snapshot);
                return false;
            }

            var link = LinkTable.Find(resolution.IfName!);
            if (link?.WhyNotTap is not null || link is null)
            {
                TakeAbsence(Describe(resolution, link), snapshot);
                return false;
            }

            var final = await ReadVnetHeaderLengthAsync(client, link, cancellationToken);
            _said = null;
            redirector.Bind(link, resolution.How!, ifname);
            _looked.TrySetResult();
            return final;
        }
        catch (QmpException e) when (e is not QmpCommandException)
        {
            // The connection is going, or slow: the follower says what it was, and wakes this one when there is another.
            Log.NetdevQueryFailed(logger, redirector.Id, e.Message);
            return false;
        }
    }

    private async Task<NetdevResolution> ResolveAsync(
        QmpClient client, string? ifname, VmSnapshot snapshot, CancellationToken cancellationToken) =>
        ifname is not null
            ? NetdevResolution.Found(ifname, 1, "ifname=")
            : await resolver.ResolveAsync(client, redirector.Options.Netdev, snapshot.QemuPid, cancellationToken);

    /// <summary>What is wrong with the link a netdev was resolved to.</summary>
    public static NetdevResolution Describe(NetdevResolution resolution, LinkInfo? link) => link is null
        ? NetdevResolution.NotFound($"TAP '{resolution.IfName}' ({resolution.How}) does not exist in this network namespace.")
        : NetdevResolution.Refused($"{link.WhyNotTap!.TrimEnd('.')} ({resolution.How}).");

    private void TakeAbsence(NetdevResolution resolution, VmSnapshot snapshot)
    {
        if (!_accepted && !redirector.Bound.IsCompleted && !MayStillCome(resolution, snapshot))
            throw new RedirectorException(resolution.Sentence!);

        // What cannot be read just now says nothing against the TAP that is known.
        if (resolution.Kind != NetdevResolutionKind.Unreadable)
            redirector.Unbind("netdev lost");
        _looked.TrySetResult();
        if (_said == resolution.Sentence)
            return;
        _said = resolution.Sentence;
        Log.NetdevAbsent(logger, redirector.Id, resolution.Sentence!);
    }

    // Until the VM has run, management may still add the netdev.
    private bool MayStillCome(NetdevResolution resolution, VmSnapshot snapshot) =>
        resolution.Kind == NetdevResolutionKind.NotFound && (waitsForNetdev || snapshot.RunState is "inmigrate" or "prelaunch");

    /// <summary>True when the length stays until something changes.</summary>
    private async Task<bool> ReadVnetHeaderLengthAsync(QmpClient client, LinkInfo link, CancellationToken cancellationToken)
    {
        if (redirector.Options.VnetHdrLen is not null)
            return true;
        if (!link.HasVnetHeader)
        {
            redirector.SetVnetHeaderLength(0, $"TAP {link.Name} has no vnet header (vnet_hdr=off)");
            return true;
        }

        var length = await VnetHeaderLengthReader.ReadAsync(client, redirector.Options.Netdev, cancellationToken);
        redirector.SetVnetHeaderLength(length.Bytes ?? redirector.DefaultVnetHeaderLength, length.How);
        return length.Final;
    }
}
