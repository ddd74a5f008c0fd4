using QmpRedirector.Net.Interop;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net;

/// <summary>
/// Follows the interfaces of this network namespace by rtnetlink: no QMP event tells that a TAP appeared, went down or was deleted.
/// </summary>
public sealed class LinkMonitor : IDisposable
{
    private readonly NetlinkSocket _socket = new(RTMGRP_LINK, blocking: false);
    private readonly KnownLinks _known;
    private readonly Action<LinkChange> _onChange;
    private readonly DescriptorThread _thread;

    /// <param name="onChange">Called for each change, on the monitor's thread. It must not wait.</param>
    /// <exception cref="LinuxException">rtnetlink is not to be had.</exception>
    public LinkMonitor(Action<LinkChange> onChange)
    {
        _onChange = onChange;
        _known = new KnownLinks(LinkTable.All());
        _thread = new DescriptorThread("rtnetlink", _socket.Handle, ReadAnnouncements);
    }

    /// <summary>Faults when rtnetlink fails, or the callback does.</summary>
    public Task Completion => _thread.Completion;

    /// <inheritdoc />
    public void Dispose()
    {
        _thread.Dispose();
        _socket.Dispose();
    }

    private bool ReadAnnouncements()
    {
        var lost = false;
        for (var datagram = _socket.Receive(); datagram is not { IsEmpty: true }; datagram = _socket.Receive())
        {
            if (datagram is { } announcement)
                Tell(announcement.Span);
            else
                lost = true;
        }

        // Only now, as what was still queued is older than what a look finds.
        if (lost)
            TellWhatWasLost();
        return true;
    }

    private void Tell(ReadOnlySpan<byte> datagram)
    {
        while (LinkMessage.TryTake(ref datagram, out var type, out var payload))
        {
            if (type is not (RTM_NEWLINK or RTM_DELLINK) || LinkMessage.Read(payload) is not { } link)
                continue;
            var kind = type == RTM_NEWLINK ? LinkChangeKind.Present : LinkChangeKind.Deleted;
            _known.Take(kind, link);
            _onChange(new LinkChange(kind, link));
        }
    }

    private void TellWhatWasLost()
    {
        foreach (var change in _known.CatchUp(LinkTable.All(), static link => LinkTable.Find(link.Name)?.Index == link.Index))
            _onChange(change);
        _onChange(LinkChange.Lost);
    }
}
