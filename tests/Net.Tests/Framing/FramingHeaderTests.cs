namespace QmpRedirector.Net.Tests;

internal sealed class FramingHeaderTests
{
    [Test]
    public void A_length_alone_is_four_bytes_big_endian()
    {
        var bytes = new byte[8];
        FramingHeader.Write(bytes, 22, 12, vnetHdrSupport: false);
        Assert.That(FramingHeader.Size(vnetHdrSupport: false), Is.EqualTo(4));
        Assert.That(bytes, Is.EqualTo(new byte[] { 0, 0, 0, 22, 0, 0, 0, 0 }));
    }

    [Test]
    public void With_vnet_hdr_support_the_header_length_follows()
    {
        var bytes = new byte[8];
        FramingHeader.Write(bytes, 69632, 12, vnetHdrSupport: true);
        Assert.That(FramingHeader.Size(vnetHdrSupport: true), Is.EqualTo(8));
        Assert.That(bytes, Is.EqualTo(new byte[] { 0, 1, 0x10, 0, 0, 0, 0, 12 }));
    }

    [TestCase(0, 0)]
    [TestCase(-1, 0)]
    [TestCase(69633, 0)]
    [TestCase(64, -1)]
    [TestCase(64, 65)]
    public void What_a_QEMU_does_not_survive_is_not_written(int length, int vnetHdrLen) => Assert.That(
        () => FramingHeader.Write(new byte[8], length, vnetHdrLen, vnetHdrSupport: true), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
