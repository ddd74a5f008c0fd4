using QmpRedirector.Options;

namespace QmpRedirector.Tests.Options;

internal sealed class PacketFdsTests
{
    [Test]
    public void Each_redirector_gets_the_descriptor_that_names_it()
    {
        OptionsResult<RunOptions> result = Parse("f1=7", "f0=3");

        Assert.That(Parsed.Value(result).Redirectors.Select(r => (r.Id, r.PacketFd)), Is.EqualTo(new[] { ("f0", (int?)3), ("f1", 7) }));
    }

    [Test]
    public void Without_the_option_each_makes_its_own() =>
        Assert.That(Parsed.Value(Parse()).Redirectors.Select(r => r.PacketFd), Is.All.Null);

    [TestCase("f0", "--packet-fd f0: give the id of a redirector and a descriptor, for example f0=3")]
    [TestCase("f0=", "--packet-fd f0=: give the id of a redirector and a descriptor, for example f0=3")]
    [TestCase("f0=-1", "--packet-fd f0=-1: give the id of a redirector and a descriptor, for example f0=3")]
    [TestCase("f0=99999999999", "--packet-fd f0=99999999999: give the id of a redirector and a descriptor, for example f0=3")]
    [TestCase("f0=3=4", "--packet-fd f0=3=4: give the id of a redirector and a descriptor, for example f0=3")]
    [TestCase("f9=3", "--packet-fd f9=3: there is no --object of the id 'f9'")]
    public void A_wrong_value_is_told(string value, string sentence) => Assert.That(Parse(value).Errors, Is.EqualTo(new[] { sentence }));

    [Test]
    public void A_socket_or_a_redirector_named_twice_is_told() => Assert.That(Parse("f0=3", "f1=3", "f0=4").Errors, Is.EqualTo(new[]
    {
        "--packet-fd f1=3: descriptor 3 is another redirector's already: each needs a socket of its own",
        "--packet-fd f0=4: redirector 'f0' has a descriptor already",
    }));

    private static OptionsResult<RunOptions> Parse(params string[] packetFds) => RunOptionsParser.Parse(
        new RunArguments
        {
            Chardevs = [Parsed.Chardev, "socket,id=m1,path=/m1,server=on"],
            Objects = [Parsed.Object, "filter-redirector,id=f1,netdev=n0,outdev=m1"],
            PacketFds = packetFds,
            Scalars = new Dictionary<string, string> { ["qmp"] = "unix:/qmp" },
        },
        static _ => throw new AssertionException("there is no file to read"));
}
