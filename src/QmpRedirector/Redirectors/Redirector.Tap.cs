using QmpRedirector.Net;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Redirectors;

/// <remarks>The TAP: which it is, and what happens when it comes and goes.</remarks>
internal sealed partial class Redirector
{
    private LinkInfo? _tap;
    private string? _ifname;

    /// <summary>True when it had a TAP and has none now.</summary>
    public bool LostTap
    {
        get
        {
            lock (_gate)
                return _bound.Task.IsCompleted && _tap is null;
        }
    }

    /// <summary>
    /// An interface of this network namespace has changed. True when that may concern the netdev: a host has other links, whose changes
    /// are no reason to ask QEMU.
    /// </summary>
    public bool OnLink(LinkChange change)
    {
        lock (_gate)
        {
            var concerned = change.Link is not { } link || link.Index == _tap?.Index || link.Name == _ifname
                || (_tap is null && link.Kind == "tun");
            if (change is { Kind: LinkChangeKind.Deleted, Link: { } deleted } && deleted.Index == _tap?.Index)
                LoseTap("TAP deleted");
            else if (change is { Kind: LinkChangeKind.Present, Link: { WhyNotTap: null } present } && present.Name == _ifname)
                Bind(present, "rtnetlink", Options.Ifname);
            return concerned;
        }
    }

    /// <summary>Captures from this TAP, now and whenever it is made again under its name.</summary>
    /// <param name="tap">The TAP.</param>
    /// <param name="how">It was found.</param>
    /// <param name="ifname">The property it was found by; another value since then makes this void.</param>
    public void Bind(LinkInfo tap, string how, string? ifname)
    {
        lock (_gate)
        {
            // One that ends may still be told by who has seen it in the table; its socket may be closed.
            if (_stopping || ifname != Options.Ifname)
                return;
            _ifname = tap.Name;
            if (tap.Index == _tap?.Index)
            {
                _tap = tap;
                return;
            }

            if (_tap is not null)
                LoseTap("TAP replaced");
            Recorder?.SetInterface(tap.Index, tap.Name);
            try
            {
                _forwarder.Bind(tap.Index);
            }
            catch (LinuxException e) when (e.IsDeviceGone)
            {
                // Deleted between the look-up and now; rtnetlink tells when it is there again.
                return;
            }
            catch (LinuxException e)
            {
                throw new RedirectorException($"{Id}: nothing can be captured from TAP '{tap.Name}': {e.Message}.", e);
            }

            _tap = tap;
            Log.TapBound(_logger, Id, tap.Name, tap.Index, how);
            if (tap.IsMultiQueue)
                Log.TapIsMultiQueue(_logger, Id, tap.Name);

            // READY=1 follows from this: whoever waits for it may send at once.
            Update("TAP found", null);
            _bound.TrySetResult();
        }
    }

    /// <summary>The netdev is gone, or is another TAP's now.</summary>
    public void Unbind(string cause)
    {
        lock (_gate)
        {
            _ifname = null;
            if (_tap is not null)
                LoseTap(cause);
        }
    }

    private void LoseTap(string cause)
    {
        _tap = null;
        Update(cause, null);
        Drain();
    }
}
