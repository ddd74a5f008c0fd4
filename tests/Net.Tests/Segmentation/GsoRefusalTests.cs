namespace QmpRedirector.Net.Tests;

/// <summary>What no plan is made for, since the kernel makes none either.</summary>
internal sealed class GsoRefusalTests
{
    private static readonly SuperFrame _tcp = new() { Payload = TestFrames.Filled(4000), Mss = 1000 };
    private static readonly SuperFrame _udp = _tcp with { Tcp = false };

    private static IEnumerable<TestCaseData> Refused()
    {
        yield return Case("gso_size 0", _tcp.Header with { GsoSize = 0 });
        yield return Case("no type", _tcp.Header with { GsoType = VnetHeader.GsoNone });
        yield return Case("UFO", _udp.Header with { GsoType = VnetHeader.GsoUdp }, _udp);
        yield return Case("an unknown type", _tcp.Header with { GsoType = 2 });
        yield return Case("a tunnel over IPv4", _tcp.Header with { GsoType = VnetHeader.GsoTcpV4 | 0x20 });
        yield return Case("a tunnel over IPv6", _udp.Header with { GsoType = VnetHeader.GsoUdpL4 | 0x40 }, _udp);
        yield return Case("TCP of the other IP", _tcp.Header with { GsoType = VnetHeader.GsoTcpV6 });
        yield return Case("TCP of the other IP still", _tcp.Header, _tcp with { Ip6 = true });
        yield return Case("UDP said, TCP sent", _tcp.Header with { GsoType = VnetHeader.GsoUdpL4 });
        yield return Case("TCP said, UDP sent", _udp.Header with { GsoType = VnetHeader.GsoTcpV4 }, _udp);
        yield return Case("UDP with ECN", _udp.Header with { GsoType = VnetHeader.GsoUdpL4 | VnetHeader.GsoEcn }, _udp);
        yield return Case("UDP with a finished checksum, or none", _udp.Header with { Flags = 0 }, _udp);
        yield return Case("the checksum starts elsewhere", _tcp.Header with { CsumStart = (ushort)(_tcp.Transport + 2) });
        yield return Case("the checksum is elsewhere", _tcp.Header with { CsumOffset = 6 });
        yield return Case("an IPv6 fragment", _tcp with { Ip6 = true, Extensions = [(44, new byte[6])] });
        yield return Case("headers without end", _tcp with { Ip6 = true, Extensions = [(60, new byte[510])] });
        yield return Case(
            "more tags than the kernel looks behind", _tcp with { Tags = [.. Enumerable.Repeat(((ushort)0x8100, (ushort)1), 9)] });
    }

    private static TestCaseData Case(string name, VnetHeader header, SuperFrame? super = null) =>
        new TestCaseData(super ?? _tcp, header).SetName($"Refused_is_{name.Replace(",", string.Empty).Replace(' ', '_')}");

    private static TestCaseData Case(string name, SuperFrame super) => Case(name, super.Header, super);

    /// <summary>The version of IP, the type of the Ethernet frame, and lengths of headers below what they must be.</summary>
    private static IEnumerable<(int At, byte Value)> Contradictions(SuperFrame super)
    {
        yield return (super.Network, 0x55);
        yield return (12, 0);
        if (!super.Ip6) yield return (super.Network, 0x44);
        if (super.Tcp) yield return (super.Transport + 12, 0x40);
    }

    [TestCaseSource(nameof(Refused))]
    public void Refused_is(SuperFrame super, VnetHeader header) =>
        Assert.That(GsoSegments.TryPlan(super.Frame, header, out _), Is.False);

    [Test]
    public void Refused_are_headers_that_contradict_the_frame([Values] bool ip6, [Values] bool tcp)
    {
        var super = _tcp with { Ip6 = ip6, Tcp = tcp, Extensions = [(0, new byte[6])] };
        var frame = super.Frame;
        for (var length = 0; length < super.Headers; length++)
            Assert.That(GsoSegments.TryPlan(frame.AsSpan(0, length), super.Header, out _), Is.False, $"cut at {length}");
        Assert.That(GsoSegments.TryPlan(frame.AsSpan(0, super.Headers), super.Header, out var empty) ? empty.Count : 0, Is.EqualTo(1));

        foreach (var (at, value) in Contradictions(super))
        {
            var wrong = super.Frame;
            wrong[at] = value;
            Assert.That(GsoSegments.TryPlan(wrong, super.Header, out _), Is.False, $"{value:x2} at {at}");
        }
    }

    [Test]
    public void A_segment_longer_than_IP_can_tell_is_refused()
    {
        // 69000 bytes come only from a header that lies.
        byte[] frame = [.. _tcp.Frame, .. new byte[65_000]];
        Assert.That(GsoSegments.TryPlan(frame, _tcp.Header with { GsoSize = 65_500 }, out _), Is.False);
        Assert.That(GsoSegments.TryPlan(frame, _tcp.Header with { GsoSize = 65_000 }, out _), Is.True);
    }
}
