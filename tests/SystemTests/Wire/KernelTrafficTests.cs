using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using QmpRedirector.SystemTests.Interop;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>Frames the kernel's own UDP and TCP make, with the offloads the TAP offers them.</summary>
[TestFixture]
[NonParallelizable]
internal sealed class KernelTrafficTests
{
    private const string GuestMac = "52:54:00:aa:bb:02";

    // linux/udp.h
    private const int UdpLevel = 17;
    private const int UdpSegment = 103;

    [Test]
    public async Task Datagrams_short_long_fragmented_and_segmented([Values] bool ipv6)
    {
        await using var lab = await WireLab.CreateAsync();
        await AddressAsync(lab.Namespace, lab.Tap.Name, host: 1);
        await lab.Namespace.ExecAsync("ip", "neigh", "add", Address(ipv6, 2), "lladdr", GuestMac, "dev", lab.Tap.Name);
        await lab.ForwardAsync();
        using var socket = lab.Namespace.Run(() => new Socket(Family(ipv6), SocketType.Dgram, ProtocolType.Udp));
        var guestAddress = new IPEndPoint(IPAddress.Parse(Address(ipv6, 2)), 7);

        var (guest, forwarded) = await lab.BetweenMarksAsync(() =>
        {
            foreach (var length in (int[])[0, 1, 500, 1400, 5000])
                socket.SendTo(Pattern(length), guestAddress);

            // One datagram to be cut by the device: the kernel leaves it whole as far as the TAP's reader takes such.
            socket.SetRawSocketOption(UdpLevel, UdpSegment, BitConverter.GetBytes(1000));
            foreach (var length in (int[])[2000, 10_001, 60_000])
                socket.SendTo(Pattern(length), guestAddress);
            return Task.CompletedTask;
        });

        ByteIdentity.Holds(forwarded, guest);
        Assert.That(guest.Count(frame => frame[1] == VnetHeader.GsoUdp), Is.EqualTo(3), "segmented by the device, which is the guest");
        Assert.That(guest.Max(frame => frame.Length), Is.GreaterThan(60_000));
        Assert.That(guest.Count(frame => frame[0] == 1), Is.GreaterThanOrEqualTo(7), "with an unfinished checksum");
    }

    /// <summary>Two namespaces joined through their TAPs by the test, so that a real TCP transfer makes super-frames.</summary>
    [Test]
    public async Task A_TCP_transfer_with_its_super_frames([Values] bool ipv6)
    {
        const int length = 16 * 1024 * 1024;
        await using var lab = await WireLab.CreateAsync();
        await using var guest = await NetworkNamespace.CreateAsync();
        using var guestTap = await Tap.OpenAsync(guest, "tap1");
        using var join = new TapJoin(lab, guestTap);
        await AddressAsync(lab.Namespace, lab.Tap.Name, host: 1);
        await AddressAsync(guest, guestTap.Name, host: 2);
        await lab.ForwardAsync();

        var (seen, forwarded) = await lab.BetweenMarksAsync(async () =>
        {
            using var listener = guest.Run(() => Listen(ipv6));
            using var client = lab.Namespace.Run(() => new Socket(Family(ipv6), SocketType.Stream, ProtocolType.Tcp));
            using var deadline = new CancellationTokenSource(Eventually.Deadline * 6);
            var received = ReceiveAllAsync(listener, deadline.Token);
            await client.ConnectAsync(new IPEndPoint(IPAddress.Parse(Address(ipv6, 2)), 9), deadline.Token);
            var data = Pattern(length);
            for (var sent = 0; sent < length;) sent += await client.SendAsync(data.AsMemory(sent), deadline.Token);
            client.Shutdown(SocketShutdown.Send);
            Assert.That((await received).AsSpan().SequenceEqual(data), Is.True, "the transfer itself");
        });

        ByteIdentity.Holds(forwarded, seen);
        Assert.That(seen.Count(frame => frame[1] == (ipv6 ? 4 : VnetHeader.GsoTcpV4)), Is.GreaterThan(100), "super-frames");
        Assert.That(seen.Max(frame => frame.Length), Is.GreaterThan(60_000));
        Assert.That(seen.Sum(frame => (long)frame.Length), Is.GreaterThan(length));
    }

    private static async Task<byte[]> ReceiveAllAsync(Socket listener, CancellationToken deadline)
    {
        using var connection = await listener.AcceptAsync(deadline);
        using var all = new MemoryStream();
        await using var stream = new NetworkStream(connection);
        await stream.CopyToAsync(all, deadline);
        return all.ToArray();
    }

    private static Socket Listen(bool ipv6)
    {
        var socket = new Socket(Family(ipv6), SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(ipv6 ? IPAddress.IPv6Any : IPAddress.Any, 9));
        socket.Listen(1);
        return socket;
    }

    private static async Task AddressAsync(NetworkNamespace ns, string ifname, int host)
    {
        ns.Run(() =>
        {
            File.WriteAllText($"/proc/sys/net/ipv6/conf/{ifname}/disable_ipv6", "0");
            return 0;
        });
        await ns.ExecAsync("ip", "address", "add", $"{Address(ipv6: false, host)}/24", "dev", ifname);
        await ns.ExecAsync("ip", "address", "add", $"{Address(ipv6: true, host)}/64", "dev", ifname, "nodad");
    }

    private static AddressFamily Family(bool ipv6) => ipv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    private static string Address(bool ipv6, int host) => ipv6 ? $"fd09::{host}" : $"10.9.0.{host}";

    private static byte[] Pattern(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++) bytes[i] = (byte)((i * 13) + (i >> 9));
        return bytes;
    }

    /// <summary>Passes what one TAP's reader gets on to the other TAP, both ways, header and all.</summary>
    private sealed class TapJoin : IDisposable
    {
        private readonly SafeFileHandle _lab;
        private readonly SafeFileHandle _guest;
        private readonly TapRecorder _there;
        private readonly TapRecorder _back;

        public TapJoin(WireLab lab, Tap guest)
        {
            _there = lab.Guest;
            _lab = new SafeFileHandle(lab.Tap.Descriptor, ownsHandle: false);
            _guest = new SafeFileHandle(guest.Descriptor, ownsHandle: false);
            _there.OnFrame = frame => Write(_guest, frame);
            _back = new TapRecorder(guest) { OnFrame = frame => Write(_lab, frame) };
        }

        public void Dispose()
        {
            _there.OnFrame = null;
            _back.Dispose();
        }

        private static void Write(SafeFileHandle tap, byte[] frame)
        {
            if (LibC.Write(tap, frame, frame.Length) != frame.Length)
                throw new IOException($"{frame.Length} bytes were not taken: {Convert.ToHexString(frame[..Math.Min(80, frame.Length)])}");
        }
    }
}
