using CsCheck;

namespace QmpRedirector.Net.Tests;

internal sealed class VnetHeaderTests
{
    // What a TAP gave for a UDP datagram and for a TCP super-frame of the host's.
    private static readonly byte[] _udp = [1, 0, 0, 0, 0, 0, 34, 0, 6, 0];
    private static readonly byte[] _tcp = [1, 1, 54, 0, 0xa8, 0x05, 34, 0, 16, 0];

    private static readonly Gen<VnetHeader> _headers = Gen.Select(
        Gen.Byte, Gen.Byte, Gen.UShort, Gen.UShort, Gen.UShort, Gen.UShort, (f, g, h, s, c, o) => new VnetHeader(f, g, h, s, c, o));

    [Test]
    public void An_unfinished_checksum_is_read()
    {
        var header = VnetHeader.Read(_udp);
        Assert.That(header, Is.EqualTo(new VnetHeader(VnetHeader.NeedsChecksumFlag, VnetHeader.GsoNone, 0, 0, 34, 6)));
        Assert.That((header.NeedsChecksum, header.IsGso), Is.EqualTo((true, false)));
    }

    [Test]
    public void A_super_frame_is_read()
    {
        var header = VnetHeader.Read(_tcp);
        Assert.That(header, Is.EqualTo(new VnetHeader(VnetHeader.NeedsChecksumFlag, VnetHeader.GsoTcpV4, 54, 1448, 34, 16)));
        Assert.That((header.NeedsChecksum, header.IsGso), Is.EqualTo((true, true)));
    }

    [TestCase(VnetHeader.LegacySize)]
    [TestCase(VnetHeader.MergeableSize)]
    [TestCase(VnetHeader.HashSize)]
    [TestCase(VnetHeader.TunnelSize)]
    public void Writing_zeroes_what_follows_the_ten_bytes(int size)
    {
        var bytes = TestFrames.Filled(size);
        VnetHeader.Read(_tcp).Write(bytes);
        Assert.That(bytes, Is.EqualTo((byte[])[.. _tcp, .. new byte[size - 10]]));
    }

    [Test]
    public void What_is_written_is_read_again() => _headers.Sample(header =>
    {
        var bytes = new byte[VnetHeader.LegacySize];
        header.Write(bytes);
        return VnetHeader.Read(bytes) == header;
    });

    [Test]
    public void Nine_bytes_are_no_header()
    {
        Assert.That(() => VnetHeader.Read(new byte[9]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => default(VnetHeader).Write(new byte[9]), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Only_the_checksum_moves_for_a_vlan_tag() => Assert.That(
        VnetHeader.Read(_tcp).AfterVlanInsert(),
        Is.EqualTo(new VnetHeader(VnetHeader.NeedsChecksumFlag, VnetHeader.GsoTcpV4, 54, 1448, 38, 16)));

    [Test]
    public void A_header_without_a_checksum_stays_as_it_is_for_a_vlan_tag()
    {
        var header = new VnetHeader(VnetHeader.DataValidFlag, VnetHeader.GsoNone, 0, 0, 0, 0);
        Assert.That(header.AfterVlanInsert(), Is.EqualTo(header));
    }
}
