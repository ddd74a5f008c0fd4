using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using QmpRedirector.SystemTests.Interop;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>
/// A real receiver of plain Ethernet: the host's stack sends super-frames to a TAP, the sidecar's stream alone carries them on to a TAP in
/// another namespace, and the kernel's stack there takes them apart. What it answers goes back without the sidecar.
/// </summary>
[TestFixture]
[NonParallelizable]
internal sealed class SegmentationStreamTests
{
    private const int Port = 9;

    // linux/udp.h
    private const int UdpLevel = 17;
    private const int UdpSegment = 103;

    [Test]
    public async Task A_TCP_transfer_arrives_whole_and_without_a_bad_checksum([Values] bool ipv6)
    {
        const int length = 16 * 1024 * 1024;
        var report = await ThroughSidecarAsync(ipv6, async (host, guest, deadline) =>
        {
            using var listener = guest.Run(() => Open(ipv6, SocketType.Stream, bind: true));
            listener.Listen(1);
            using var client = host.Run(() => Open(ipv6, SocketType.Stream));
            var received = ReceiveAllAsync(listener, deadline);
            await client.ConnectAsync(GuestEndPoint(ipv6), deadline);
            var data = Pattern(length);
            for (var sent = 0; sent < length;) sent += await client.SendAsync(data.AsMemory(sent), deadline);
            client.Shutdown(SocketShutdown.Send);
            Assert.That((await received).AsSpan().SequenceEqual(data), Is.True, "the bytes that arrived");
        });
        Assert.That(report.ExtraSegments, Is.GreaterThan(length / 1448 / 2), "segments the sidecar made");
    }

    [Test]
    public async Task Datagrams_sent_many_in_one_arrive_one_by_one_and_without_a_bad_checksum([Values] bool ipv6)
    {
        const int size = 1200;
        const int rounds = 200;
        const int together = 50;
        var report = await ThroughSidecarAsync(ipv6, async (host, guest, deadline) =>
        {
            using var receiver = guest.Run(() => Open(ipv6, SocketType.Dgram, bind: true));
            using var sender = host.Run(() => Open(ipv6, SocketType.Dgram));
            sender.SetRawSocketOption(UdpLevel, UdpSegment, BitConverter.GetBytes(size));
            await sender.ConnectAsync(GuestEndPoint(ipv6), deadline);
            var datagram = new byte[2 * size];
            for (var round = 0; round < rounds; round++)
            {
                // The last of each is shorter.
                var data = Pattern((size * together) - (round % size), round);
                await sender.SendAsync(data, deadline);
                for (var at = 0; at < data.Length;)
                {
                    // One after the other, so that the receiver's buffer never overflows.
                    var count = await receiver.ReceiveAsync(datagram, deadline);
                    Assert.That(count, Is.EqualTo(Math.Min(size, data.Length - at)), $"round {round}, byte {at}");
                    Assert.That(datagram.AsSpan(0, count).SequenceEqual(data.AsSpan(at, count)), Is.True, $"round {round}, byte {at}");
                    at += count;
                }
            }
        });
        Assert.That(report.ExtraSegments, Is.EqualTo(rounds * (together - 1)), "segments the sidecar made");
    }

    private static async Task<RedirectorReport> ThroughSidecarAsync(
        bool ipv6, Func<NetworkNamespace, NetworkNamespace, CancellationToken, Task> transfer)
    {
        await using var lab = await WireLab.CreateAsync(vnetHeaderLength: 0);
        await using var guest = await NetworkNamespace.CreateAsync();
        using var guestTap = await Tap.OpenAsync(guest, "tap1", vnetHeaderLength: 0);
        using var answers = new TapRecorder(guestTap) { OnFrame = frame => lab.Tap.Write(frame) };
        await AddressAsync(lab.Namespace, lab.Tap.Name, host: 1);
        await AddressAsync(guest, guestTap.Name, host: 2);
        await lab.ForwardAsync();
        lab.Peer.OnFrame = frame => Write(guestTap, frame.Payload);
        using var deadline = new CancellationTokenSource(Eventually.Deadline * 6);

        var (seen, forwarded) = await lab.BetweenMarksAsync(() => transfer(lab.Namespace, guest, deadline.Token));

        var largest = forwarded.MaxBy(frame => frame.Length)!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen.Count(frame => frame[1] != 0), Is.GreaterThan(100), "super-frames");
            Assert.That(largest, Has.Length.LessThanOrEqualTo(Frames.FullLength));
            Assert.That(BadFrames(guest), Is.Zero, "checksum and header errors of the receiver's stack");
        }

        // The counters do count.
        largest[^1] ^= 1;
        Write(guestTap, largest);
        Assert.That(BadFrames(guest), Is.EqualTo(1), ipv6 ? "with a wrong byte, over IPv6" : "with a wrong byte");
        return lab.Report;
    }

    /// <summary>All that the stack of a namespace has found wrong in what it received, of both IP versions.</summary>
    private static long BadFrames(NetworkNamespace ns) => ns.Run(() =>
    {
        string[] names = ["InHdrErrors", "InCsumErrors", "Ip6InHdrErrors", "Udp6InCsumErrors"];
        var lines = File.ReadAllLines("/proc/thread-self/net/snmp");
        var table = lines.Where((_, i) => i % 2 == 0).Zip(lines.Where((_, i) => i % 2 == 1))
            .SelectMany(pair => pair.First.Split(' ').Zip(pair.Second.Split(' ')))
            .Concat(File.ReadLines("/proc/thread-self/net/snmp6")
                .Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Select(words => (words[0], words[1])));
        return table.Where(pair => names.Contains(pair.Item1)).Sum(pair => long.Parse(pair.Item2, CultureInfo.InvariantCulture));
    });

    private static async Task<byte[]> ReceiveAllAsync(Socket listener, CancellationToken deadline)
    {
        using var connection = await listener.AcceptAsync(deadline);
        using var all = new MemoryStream();
        await using var stream = new NetworkStream(connection);
        await stream.CopyToAsync(all, deadline);
        return all.ToArray();
    }

    private static Socket Open(bool ipv6, SocketType type, bool bind = false)
    {
        var protocol = type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp;
        var socket = new Socket(ipv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, type, protocol);
        if (bind) socket.Bind(new IPEndPoint(ipv6 ? IPAddress.IPv6Any : IPAddress.Any, Port));
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

    private static IPEndPoint GuestEndPoint(bool ipv6) => new(IPAddress.Parse(Address(ipv6, 2)), Port);

    private static string Address(bool ipv6, int host) => ipv6 ? $"fd09::{host}" : $"10.9.0.{host}";

    private static byte[] Pattern(int length, int seed = 0)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++) bytes[i] = (byte)((i * 13) + (i >> 9) + seed);
        return bytes;
    }

    /// <summary>For threads that are not the test's.</summary>
    private static void Write(Tap tap, byte[] frame)
    {
        using var file = new SafeFileHandle(tap.Descriptor, ownsHandle: false);
        if (LibC.Write(file, frame, frame.Length) != frame.Length)
            throw new IOException($"{frame.Length} bytes were not taken: {Convert.ToHexString(frame[..Math.Min(80, frame.Length)])}");
    }
}
