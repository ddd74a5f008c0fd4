using System.Globalization;
using System.Net.Sockets;
using QmpRedirector.Net;
using QmpRedirector.SystemTests.Interop;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>The library's forwarder in this process, on an interface of a test's namespace, without the program around it.</summary>
internal static class InProcessForwarder
{
    /// <summary>The packet socket belongs to the namespace of the thread that opens it.</summary>
    public static Forwarder Open(NetworkNamespace ns, string ifname, int vnetHeaderLength, FrameRecorder? recorder = null,
        bool holdWithoutPeer = false, CaptureDirection direction = CaptureDirection.TowardsGuest, RingChoice? ringChoice = null) => ns.Run(() =>
    {
        var options = new ForwarderOptions(
            "f0", direction, true, vnetHeaderLength, Backlog: 64 << 20, holdWithoutPeer, recorder)
        {
            RingChoice = ringChoice,
        };
        var forwarder = new Forwarder(options);
        forwarder.Bind((int)LibC.InterfaceIndex(ifname));
        return forwarder;
    });

    /// <summary>Two ends of one connection.</summary>
    public static async Task<(Socket Ours, Socket Theirs)> ConnectedPairAsync(string path)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        var ours = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await ours.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return (ours, await listener.AcceptAsync());
    }

    /// <summary>The data thread has been given its peer: no frame comes before.</summary>
    public static async Task HasPeerAsync(Forwarder forwarder) =>
        Assert.That((await forwarder.SnapshotAsync()).PeerConnected, Is.True, "the forwarder has its peer");

    /// <summary>The account in the form the program reports it, so that the same identities are asserted.</summary>
    public static RedirectorReport Report(ForwarderSnapshot account)
    {
        var fields = new Dictionary<string, string>
        {
            ["kernel_seen"] = Text(account.KernelSeen), ["kernel_dropped"] = Text(account.KernelDropped), ["taken"] = Text(account.Taken),
            ["forwarded"] = Text(account.Forwarded), ["bytes"] = Text(account.WrittenBytes - account.PartialBytes),
            ["in_hand"] = Text(account.InHand), ["in_kernel"] = Text(account.InKernel), ["partial_bytes"] = Text(account.PartialBytes),
            ["identities"] = account.IsBalanced && account.IdentitiesBroken == 0 ? "ok" : "broken",
        };
        foreach (var reason in DropReasons.All) fields[$"dropped.{reason.Name()}"] = Text(account.Dropped[(int)reason]);
        return new RedirectorReport("f0", fields);

        static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
    }
}
