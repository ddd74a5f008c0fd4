using QmpRedirector.Net;
using QmpRedirector.Options;
using QmpRedirector.Qmp;

namespace QmpRedirector.Tests.Options;

/// <summary>What right arguments mean.</summary>
internal sealed class OptionsTests
{
    [Test]
    public void A_redirector_has_QEMUs_defaults() =>
        Assert.That(Parsed.OneObject(Parsed.Object), Is.EqualTo(new RedirectorOptions
        {
            Id = "f0",
            Type = "filter-redirector",
            Netdev = "n0",
            Outdev = "m0",
            Queue = QueueDirection.All,
            Status = true,
            VnetHdrSupport = false,
            EnableWhenStopped = false,
            DisableWhenRunning = false,
            Ifname = null,
            VnetHdrLen = null,
            WhenDisconnected = DisconnectedPolicy.Discard,
            Backlog = 33_554_432,
            Preroll = PrerollMode.Off,
        }));

    [Test]
    public void Every_property_of_a_redirector_is_taken() =>
        Assert.That(
            Parsed.OneObject(
                "filter-mirror,id=f0,netdev=n0,outdev=m0,queue=rx,status=off,vnet_hdr_support=on,enable_when_stopped=y," +
                "disable_when_running=true,ifname=tap0,vnet_hdr_len=12,when_disconnected=discard,backlog=1M,preroll=off," +
                "position=tail,insert=behind"),
            Is.EqualTo(new RedirectorOptions
            {
                Id = "f0",
                Type = "filter-mirror",
                Netdev = "n0",
                Outdev = "m0",
                Queue = QueueDirection.Rx,
                Status = false,
                VnetHdrSupport = true,
                EnableWhenStopped = true,
                DisableWhenRunning = true,
                Ifname = "tap0",
                VnetHdrLen = 12,
                Backlog = 1 << 20,
            }));

    [TestCase("filter-redirector,id=f0,netdev=n0,in_netdev=n0,outdev=m0")]
    [TestCase("{'qom-type':'filter-redirector','id':'f0','in_netdev':'n0','netdev':'n0','outdev':'m0'}")]
    public void RFC_v1_may_name_the_netdev_twice(string text) =>
        Assert.That(Parsed.OneObject(text), Is.EqualTo(Parsed.OneObject(Parsed.Object)));

    [TestCase("on", true)]
    [TestCase("yes", true)]
    [TestCase("true", true)]
    [TestCase("y", true)]
    [TestCase("off", false)]
    [TestCase("no", false)]
    [TestCase("false", false)]
    [TestCase("n", false)]
    public void A_boolean_has_four_spellings_of_each_kind(string text, bool value) =>
        Assert.That(Parsed.OneObject($"{Parsed.Object},vnet_hdr_support={text}").VnetHdrSupport, Is.EqualTo(value));

    [TestCase("vnet_hdr_support", true)]
    [TestCase("novnet_hdr_support", false)]
    [TestCase("vnet_hdr_support=off,vnet_hdr_support=on", true)]
    public void A_short_form_and_the_last_of_two_count(string text, bool value) =>
        Assert.That(Parsed.OneObject($"{Parsed.Object},{text}").VnetHdrSupport, Is.EqualTo(value));

    [Test]
    public void Of_two_ids_the_first_counts() => Assert.That(Parsed.OneObject($"{Parsed.Object},id=f1").Id, Is.EqualTo("f0"));

    [TestCase("qom-type=filter-mirror,id=f0,netdev=n0,outdev=m0")]
    [TestCase("id=f0,netdev=n0,outdev=m0,qom-type=filter-mirror")]
    [TestCase("filter-redirector,qom-type=filter-mirror,id=f0,netdev=n0,outdev=m0")]
    [TestCase("{'qom-type':'filter-mirror','id':'f0','netdev':'n0','outdev':'m0'}")]
    public void The_type_may_stand_anywhere(string text) => Assert.That(Parsed.OneObject(text).Type, Is.EqualTo("filter-mirror"));

    [Test]
    public void Vnet_hdr_len_is_a_string_or_a_number_in_JSON()
    {
        const string Json = """{"qom-type":"filter-mirror","id":"f0","netdev":"n0","outdev":"m0","vnet_hdr_len":""";
        Assert.Multiple(() =>
        {
            Assert.That(Parsed.OneObject(Json + "24}").VnetHdrLen, Is.EqualTo(24));
            Assert.That(Parsed.OneObject(Json + "\"10\"}").VnetHdrLen, Is.EqualTo(10));
            Assert.That(Parsed.OneObject(Json + "\"auto\"}").VnetHdrLen, Is.Null);
        });
    }

    private static readonly object[][] _chardevs =
    [
        ["socket,id=m0,path=/x", "unix:/x", false, false, null!],
        ["socket,id=m0,path=/x,server=on", "unix:/x", true, true, null!],
        ["socket,id=m0,path=/x,server,nowait", "unix:/x", true, false, null!],
        ["socket,id=m0,path=/x,server=yes,wait=no,telnet=off", "unix:/x", true, false, null!],
        ["socket,id=m0,path=/a,,b,reconnect=2", "unix:/a,b", false, false, 2000],
        ["socket,id=m0,path=/x,reconnect-ms=5", "unix:/x", false, false, 5],
        ["socket,id=m0,path=/x,reconnect=0", "unix:/x", false, false, null!],
        ["socket,id=m0,path=x,abstract=on,tight=off,server=on", "unix:x,abstract=on,tight=off", true, true, null!],
        ["socket,id=m0,host=h,port=1,nodelay", "tcp:h:1", false, false, null!],
        ["socket,id=m0,host=h,port=1,delay=off", "tcp:h:1", false, false, null!],
        ["socket,id=m0,host=h,port=1,delay=on", "tcp:h:1", false, false, null!],
        ["socket,id=m0,host=::1,port=1", "tcp:[::1]:1", false, false, null!],
        ["socket,id=m0,port=1,server=on", "tcp::1", true, true, null!],
        ["socket,id=m0,fd=3,server=on,wait=off", "fd:3", true, false, null!],
        // QAPI's own defaults: a server that does not wait.
        [Json("""{"addr":{"type":"unix","data":{"path":"/x"}}}"""), "unix:/x", true, false, null!],
        [Json("""{"addr":{"type":"unix","path":"/x"},"wait":true}"""), "unix:/x", true, true, null!],
        [Json("""{"server":false,"reconnect":1,"addr":{"type":"fd","str":"7"}}"""), "fd:7", false, false, 1000],
    ];

    private static string Json(string data) => $$$"""{"id":"m0","backend":{"type":"socket","data":{{{data}}}}}""";

    [TestCaseSource(nameof(_chardevs))]
    public void A_chardev_means_what_it_means_to_QEMU(string text, string address, bool server, bool wait, int? reconnect)
    {
        ChardevOptions chardev = Parsed.OneChardev(text);

        Assert.Multiple(() =>
        {
            Assert.That(chardev.Id, Is.EqualTo("m0"));
            Assert.That(chardev.Address.ToString(), Is.EqualTo(address));
            Assert.That(chardev.Server, Is.EqualTo(server));
            Assert.That(chardev.Wait, Is.EqualTo(wait));
            Assert.That(chardev.Reconnect?.TotalMilliseconds, Is.EqualTo(reconnect));
        });
    }

    [Test]
    public void The_range_and_family_of_a_TCP_server_are_taken() =>
        Assert.That(
            Parsed.OneChardev("socket,id=m0,host=h,port=1,to=9,ipv4=on,ipv6=off,server=on").Address,
            Is.EqualTo(new ChardevAddress.Inet("h", 1, Ipv4: true, Ipv6: false, To: 9)));

    [TestCase("unix:/a", "unix:/a")]
    [TestCase("/a,b", "unix:/a,b")]
    [TestCase("a", "unix:a")]
    [TestCase("unix:/a,,b", "unix:/a,b")]
    [TestCase("unix:/a=b", "unix:/a=b")]
    [TestCase("unix:/a,server=on,wait=off", "unix:/a")]
    [TestCase("unix:/a,server,nowait", "unix:/a")]
    [TestCase("tcp:h:1", "tcp:h:1")]
    [TestCase("tcp:[::1]:1", "tcp:[::1]:1")]
    [TestCase("fd:3", "fd:3")]
    public void An_address_is_read_as_QEMUs_qmp_option_takes_it(string text, string address)
    {
        QmpAddress? read = AddressText.Qmp(text, out string sentence);

        Assert.That((read?.ToString(), sentence), Is.EqualTo((address, "")));
    }

    [TestCase("", "An address needs the path of a UNIX socket: unix:PATH")]
    [TestCase("vsock:3:1", "'vsock:' is not a kind of address: use unix:PATH, tcp:HOST:PORT, fd:N or a path")]
    [TestCase("tcp:::1:4444", "'tcp:::1:4444': an IPv6 address needs brackets: tcp:[::1]:PORT")]
    [TestCase("tcp:h:0", "'tcp:h:0': the port must be a number from 1 to 65535")]
    [TestCase("unix:/a,server=off", "',server=off' is no part of an address to connect to")]
    public void A_wrong_address_is_told_so(string text, string expected)
    {
        Assert.That(AddressText.Qmp(text, out string sentence), Is.Null);
        Assert.That(sentence, Is.EqualTo(expected));
    }
}
