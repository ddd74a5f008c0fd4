namespace QmpRedirector.Qmp.Tests;

public sealed class QmpAddressTests
{
    [TestCase("unix:/run/vm.sock", QmpAddressKind.Unix, "unix:/run/vm.sock")]
    [TestCase("/run/vm.sock", QmpAddressKind.Unix, "unix:/run/vm.sock")]
    [TestCase("vm.sock", QmpAddressKind.Unix, "unix:vm.sock")]
    [TestCase("./a:b", QmpAddressKind.Unix, "unix:./a:b")]
    [TestCase("unix:fd:3", QmpAddressKind.Unix, "unix:fd:3")]
    [TestCase("tcp:localhost:4444", QmpAddressKind.Tcp, "tcp:localhost:4444")]
    [TestCase("tcp:[::1]:4444", QmpAddressKind.Tcp, "tcp:[::1]:4444")]
    [TestCase("tcp:[localhost]:65535", QmpAddressKind.Tcp, "tcp:localhost:65535")]
    [TestCase("fd:7", QmpAddressKind.Fd, "fd:7")]
    [TestCase("fd:007", QmpAddressKind.Fd, "fd:7")]
    public void An_address_has_a_canonical_form_that_reads_back(string text, QmpAddressKind kind, string canonical)
    {
        Assert.That(QmpAddress.TryParse(text, out var address, out _), Is.True);
        Assert.That(QmpAddress.TryParse(canonical, out var again, out _), Is.True);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(address!.Kind, Is.EqualTo(kind));
            Assert.That(address.ToString(), Is.EqualTo(canonical));
            Assert.That(again, Is.EqualTo(address));
        }
    }

    [Test]
    public void The_parts_of_an_address_are_those_of_its_kind()
    {
        var tcp = Clients.Parse("tcp:[fe80::1%eth0]:1");
        var fd = Clients.Parse("fd:12");
        var unix = Clients.Parse("unix:a");
        using (Assert.EnterMultipleScope())
        {
            Assert.That((tcp.Host, tcp.Port, tcp.Path, tcp.Fd), Is.EqualTo(("fe80::1%eth0", 1, (string?)null, -1)));
            Assert.That((fd.Host, fd.Port, fd.Path, fd.Fd), Is.EqualTo(((string?)null, 0, (string?)null, 12)));
            Assert.That((unix.Host, unix.Port, unix.Path, unix.Fd), Is.EqualTo(((string?)null, 0, "a", -1)));
        }
    }

    [TestCase("", "needs the path")]
    [TestCase("unix:", "needs the path")]
    [TestCase("unix:/a\0b", "NUL")]
    [TestCase("unix:/run/vm.sock,server=on,wait=off", "up to the first comma")]
    [TestCase("vsock:3:4444", "'vsock:' is not a kind")]
    [TestCase("tcp:localhost", "use tcp:HOST:PORT")]
    [TestCase("tcp::4444", "use tcp:HOST:PORT")]
    [TestCase("tcp:[]:4444", "names no host")]
    [TestCase("tcp:::1:4444", "tcp:[::1]:PORT")]
    [TestCase("tcp:localhost:0", "1 to 65535")]
    [TestCase("tcp:localhost:65536", "1 to 65535")]
    [TestCase("tcp:localhost:qmp", "1 to 65535")]
    [TestCase("tcp:localhost:-1", "1 to 65535")]
    [TestCase("fd:", "is a number")]
    [TestCase("fd:-1", "is a number")]
    [TestCase("fd:99999999999", "is a number")]
    public void A_wrong_address_is_refused_with_a_sentence(string text, string part)
    {
        Assert.That(QmpAddress.TryParse(text, out var address, out var error), Is.False);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(address, Is.Null);
            Assert.That(error, Does.Contain(part).And.EndsWith("."));
        }
    }

    [Test]
    public void A_path_may_have_107_bytes_and_no_more()
    {
        var longest = new string('p', 107);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(QmpAddress.TryParse(longest, out _, out _), Is.True);
            Assert.That(QmpAddress.TryParse(longest + "p", out _, out var ascii), Is.False);
            Assert.That(ascii, Does.Contain("108 bytes"));
            Assert.That(QmpAddress.TryParse(longest[1..] + "é", out _, out var utf8), Is.False);
            Assert.That(utf8, Does.Contain("108 bytes"));
        }
    }
}
