using QmpRedirector.Net;
using QmpRedirector.Net.Tests;
using QmpRedirector.SystemTests.Kit;
using SuperFrame = QmpRedirector.Net.Tests.SuperFrame;

namespace QmpRedirector.SystemTests.Wire;

/// <summary>
/// The kernel itself is the reference: a TAP whose reader has no offloads gets every super-frame cut by net/core/gso.c, and the segments
/// made here must be the same bytes.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
internal sealed class SegmentationTests
{
    // UDP_MAX_SEGMENTS (linux/udp.h): the kernel refuses more datagrams in one.
    private const int MaxDatagrams = 64;

    // The TAP's ring holds a thousand.
    private const int MaxSegments = 900;

    [Test]
    public async Task Every_kind_of_super_frame_is_cut_as_the_kernel_cuts_it()
    {
        await using var lab = await Lab.CreateAsync();
        using var bare = await BareTap.OpenAsync(lab.Namespace);
        foreach (var (name, super) in Kinds()) Compare(bare, super, name);
    }

    [Test]
    public async Task Super_frames_by_chance_are_cut_as_the_kernel_cuts_them([Values(1, 2, 3)] int seed)
    {
        await using var lab = await Lab.CreateAsync();
        using var bare = await BareTap.OpenAsync(lab.Namespace);
        var random = new Random(seed);
        for (var i = 0; i < 300; i++)
        {
            var super = ByChance(random);
            Compare(bare, super, $"seed {seed}, number {i}: {super}");
        }
    }

    [Test]
    public async Task The_sidecar_sends_the_segments_the_kernel_makes()
    {
        var packets = Kinds().Select(kind => WirePacket.Of(kind.Super, kind.Name)).ToList();
        await using var lab = await WireLab.StartAsync(vnetHeaderLength: 0);
        using var bare = await BareTap.OpenAsync(lab.Namespace);
        var expected = packets.SelectMany(packet => bare.Send(packet.Bytes)).ToList();

        var (guest, forwarded) = await lab.BetweenMarksAsync(packets);

        Assert.That(guest.Count(frame => frame[1] != 0), Is.GreaterThan(20), "super-frames that reached the TAP whole");
        ByteIdentity.Holds(forwarded, expected);
    }

    private static void Compare(BareTap bare, SuperFrame super, string name)
    {
        var frame = super.Frame;
        var header = super.Header;
        Assert.That(GsoSegments.TryPlan(frame, header, out var plan), Is.True, name);
        List<byte[]> ours = [];
        for (var i = 0; i < plan.Count; i++)
        {
            var segment = new byte[plan.Length(i)];
            plan.Write(i, frame, segment);
            ours.Add(segment);
        }

        ByteIdentity.Holds(ours, bare.Send(WirePacket.Of(super, name).Bytes), name);
    }

    private static IEnumerable<(string Name, SuperFrame Super)> Kinds() =>
        from ipv6 in (bool[])[false, true]
        from tcp in (bool[])[true, false]
        from part in Parts(tcp, ipv6)
        select ($"{(tcp ? "TCP" : "UDP")} over IPv{(ipv6 ? 6 : 4)}: {part.Name}", part.Super with { Tcp = tcp, Ip6 = ipv6 });

    private static IEnumerable<(string Name, SuperFrame Super)> Parts(bool tcp, bool ipv6)
    {
        var super = new SuperFrame { Id = 0xfffe, Payload = Payload(20_000), Mss = 1448 };
        yield return ("as it is", super);
        yield return ("64 KiB", super with { Payload = Payload(65_535 - 14 - 40 - 20) });
        yield return ("an odd size", super with { Mss = 1447 });
        yield return ("a whole number of segments", super with { Payload = Payload(14_480) });
        yield return ("two segments, the second of one byte", super with { Payload = Payload(1449) });
        yield return ("jumbo segments", super with { Mss = 8948 });
        yield return ("one tag", super with { Tags = [(0x8100, 0x2005)] });
        yield return ("one provider's tag", super with { Tags = [(0x88a8, 5)] });
        yield return ("two tags", super with { Tags = [(0x88a8, 0x2005), (0x8100, 6)] });
        yield return ("sums of zero", super with { Payload = new byte[20_000] });
        if (ipv6)
        {
            yield return ("hop-by-hop and destination options", super with { Extensions = [(0, [5, 2, 0, 0, 1, 0]), (60, [1, 4, 0, 0, 0, 0])] });
        }
        else
        {
            yield return ("IPv4 options", super with { IpOptions = [0x94, 4, 0, 0, 1, 1, 1, 0] });
            yield return ("without DF", super with { Fragment = 0 });
        }

        if (!tcp) yield break;
        yield return ("FIN and PSH", super with { Flags = 0x19 });
        yield return ("CWR and ECE", super with { Flags = 0xd0, Tos = 2 });
        yield return ("all flags but SYN and RST", super with { Flags = 0xf9, Tos = 3 });
        yield return ("options", super with { TcpOptions = [1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8] });
        yield return ("a sequence number that wraps around", super with { Sequence = 0xffffff00 });
        yield return ("a finished checksum", super with { Unfinished = false });
    }

    private static SuperFrame ByChance(Random random)
    {
        var tcp = random.Next(2) == 0;
        var mss = random.Next(4) switch { 0 => random.Next(1, 100), 1 => random.Next(100, 1000), 2 => random.Next(1000, 9000), _ => 1448 };
        var most = Math.Min(60_000, mss * (tcp ? MaxSegments : MaxDatagrams));

        // Of two segments at least: the kernel takes what fits one for an ordinary frame, and TCP options for payload there.
        var payload = new byte[random.Next(Math.Min(most, mss + 60), most)];
        random.NextBytes(payload);
        (ushort, ushort)[] tags = random.Next(3) switch { 0 => [(0x8100, 7)], 1 => [(0x88a8, 0x3007), (0x8100, 8)], _ => [] };
        return new SuperFrame
        {
            Tcp = tcp,
            Ip6 = random.Next(2) == 0,
            Tags = tags,
            IpOptions = [.. Enumerable.Repeat((byte)1, 4 * random.Next(11))],
            Extensions = random.Next(2) == 0 ? [] : [(60, [1, 4, 0, 0, 0, 0]), (60, [1, 12, .. new byte[12]])],
            Id = (ushort)random.Next(65536),
            Fragment = (ushort)(0x4000 * random.Next(2)),
            Tos = (byte)random.Next(256),
            Sequence = (uint)random.NextInt64(1L << 32),
            Flags = (byte)(0x10 | random.Next(256)),
            TcpOptions = [.. Enumerable.Repeat((byte)1, 4 * random.Next(11))],
            Payload = payload,
            Mss = mss,

            // Behind a tag a sender has to say where the checksum is: the kernel does not look for it there.
            Unfinished = !tcp || tags.Length > 0 || random.Next(4) > 0,
        };
    }

    private static byte[] Payload(int length)
    {
        var payload = new byte[length];
        for (var i = 0; i < length; i++) payload[i] = (byte)((i * 7) + (i >> 8));
        return payload;
    }

    /// <summary>A TAP that offers no offloads: what its reader gets, the kernel has finished and cut.</summary>
    private sealed class BareTap : IDisposable
    {
        private readonly Tap _tap;
        private readonly FrameSender _sender;
        private int _marks;

        private BareTap(Tap tap, FrameSender sender)
        {
            _tap = tap;
            _sender = sender;
        }

        public static async Task<BareTap> OpenAsync(NetworkNamespace ns)
        {
            var tap = await Tap.OpenAsync(ns, "bare0", vnetHeaderLength: 0);
            await ns.ExecAsync("ip", "link", "set", "bare0", "mtu", "9100");
            return new BareTap(tap, FrameSender.Open(ns, "bare0", vnetHeader: true));
        }

        /// <summary>Everything that comes of it: up to a mark sent behind it.</summary>
        public List<byte[]> Send(byte[] packet)
        {
            var mark = Frames.Numbered(_marks++);
            _sender.Send(packet);
            _sender.Send([.. new byte[Kit.VnetHeader.Length], .. mark]);
            List<byte[]> frames = [];
            while (true)
            {
                var frame = _tap.Read();
                if (frame.AsSpan().SequenceEqual(mark)) return frames;
                frames.Add(frame);
            }
        }

        public void Dispose()
        {
            _sender.Dispose();
            _tap.Dispose();
        }
    }
}
