using QmpRedirector.Net.Interop;
using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net;

/// <summary>
/// Follows the interfaces of this network namespace by rtnetlink: no QMP event tells that a TAP appeared, went down or was deleted.
/// </summary>
public sealed class LinkMonitor : IDisposable
{
    private readonly NetlinkSocket _socket = new(RTMGRP_LINK, blocking: false);
    private readonly Action<LinkChange> _onChange;
    private readonly DescriptorThread _thread;

    /// <param name="onChange">Called for each change, on the monitor's thread. It must not wait.</param>
    /// <exception cref="LinuxException">rtnetlink is not to be had.</exception>
    public LinkMonitor(Action<LinkChange> onChange)
    {
        _onChange = onChange;
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
        while (true)
        {
            if (_socket.Receive() is not { } announcement)
            {
                _onChange(LinkChange.Lost);
                continue;
            }

            if (announcement.IsEmpty)
                return true;
            var datagram = announcement.Span;
            while (LinkMessage.TryTake(ref datagram, out var type, out var payload))
            {
                if (type is RTM_NEWLINK or RTM_DELLINK && LinkMessage.Read(payload) is { } link)
                    _onChange(new LinkChange(type == RTM_NEWLINK ? LinkChangeKind.Present : LinkChangeKind.Deleted, link));
            }
        }
    }
}
