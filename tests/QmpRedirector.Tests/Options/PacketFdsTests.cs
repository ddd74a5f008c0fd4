using QmpRedirector.Options;

namespace QmpRedirector.Tests.Options;

internal sealed class PacketFdsTests
{
    [Test]
    public void Each_redirector_gets_the_descriptors_that_name_it()
    {
        OptionsResult<RunOptions> result = Parse("f1=7", "f0=3", "f1=4");

        Assert.That(Parsed.Value(result).Redirectors.Select(r => r.PacketFds), Is.EqualTo((int[][])[[3], [7, 4]]));
    }

    [Test]
    public void Without_the_option_each_makes_its_own() =>
        Assert.That(Parsed.Value(Parse()).Redirectors.Select(r => r.PacketFds), Is.All.Empty);

    [TestCase("f0", "--packet-fd f0: give the id of a redirector and a descriptor, for example f0=3")]
    [TestCase("f0=", "--packet-fd f0=: give the id of a redirector and a descriptor, for example f0=3")]
    [TestCase("f0=-1", "--packet-fd f0=-1: give the id of a redirector and a descriptor, for example f0=3")]
    [TestCase("f0=99999999999", "--packet-fd f0=99999999999: give the id of a redirector and a descriptor, for example f0=3")]
    [TestCase("f0=3=4", "--packet-fd f0=3=4: give the id of a redirector and a descriptor, for example f0=3")]
    [TestCase("f9=3", "--packet-fd f9=3: there is no --object of the id 'f9'")]
    public void A_wrong_value_is_told(string value, string sentence) => Assert.That(Parse(value).Errors, Is.EqualTo(new[] { sentence }));

    [Test]
    public void A_socket_named_twice_and_one_too_many_are_told() =>
        Assert.That(Parse("f0=3", "f1=3", "f0=4", "f0=6", "f0=5").Errors, Is.EqualTo(new[]
        {
            "--packet-fd f1=3: descriptor 3 is given already: each use needs a socket of its own",
            "--packet-fd f0=5: redirector 'f0' has 3 descriptors already, and has no use for more",
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
