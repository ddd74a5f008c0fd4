using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net.Tests.Capture;

[TestFixture]
internal sealed class LinuxExceptionTests
{
    [TestCase(Errno.ENODEV, true)]
    [TestCase(Errno.ENXIO, true)]
    [TestCase(Errno.EPERM, false)]
    [TestCase(Errno.EINVAL, false)]
    [TestCase(Errno.ENETDOWN, false)]
    [TestCase(Errno.ENOBUFS, false)]
    public void Only_two_errors_say_that_the_device_is_gone(int errno, bool isGone) =>
        Assert.That(new LinuxException("bind(AF_PACKET)", errno).IsDeviceGone, Is.EqualTo(isGone));
}
