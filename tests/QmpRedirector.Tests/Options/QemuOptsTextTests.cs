using CsCheck;
using QmpRedirector.Options;

namespace QmpRedirector.Tests.Options;

internal sealed class QemuOptsTextTests
{
    [TestCase("", "")]
    [TestCase("a", "implied=a")]
    [TestCase("a,b=c", "implied=a|b=c")]
    [TestCase("a,,b,c=d,,e", "implied=a,b|c=d,e")]
    [TestCase("k=v,,,x=y", "k=v,|x=y")]
    [TestCase("k=v,,", "k=v,")]
    [TestCase("k=v,", "k=v")]
    [TestCase("k=,x=", "k=|x=")]
    [TestCase("k=a=b", "k=a=b")]
    [TestCase("a,server,nowait", "implied=a|server=on|wait=off")]
    [TestCase("a,nodelay", "implied=a|nodelay=on")]
    [TestCase("a,delay", "implied=a|nodelay=off")]
    [TestCase("a,nonodelay", "implied=a|nodelay=off")]
    [TestCase("a,no", "implied=a|=off")]
    [TestCase(",k=v", "implied=|k=v")]
    [TestCase("k=v,a", "k=v|a=on")]
    [TestCase("=", "=")]
    public void Text_is_taken_apart_as_QEMU_does(string text, string entries) =>
        Assert.That(
            string.Join('|', QemuOptsText.Parse(text, "implied").Select(static entry => $"{entry.Key}={entry.Value.Text}")),
            Is.EqualTo(entries));

    [Test]
    public void A_value_that_is_escaped_is_read_back() =>
        Gen.String.Array[1, 5].Sample(static values =>
        {
            string text = string.Join(',', values.Select(static (value, i) => $"k{i}={QemuOptsText.Escape(value)}"));
            return QemuOptsText.Parse(text, "implied").Select(static entry => entry.Value.Text).SequenceEqual(values);
        });

    // As memory-backend-ram's size= was seen to take them, in bytes; -1: refused.
    [TestCase("0", 0)]
    [TestCase("4096", 4096)]
    [TestCase("+4096", 4096)]
    [TestCase(" 4096", 4096)]
    [TestCase("4096b", 4096)]
    [TestCase("1k", 1 << 10)]
    [TestCase("1K", 1 << 10)]
    [TestCase("1.5M", 3 << 19)]
    [TestCase("1.M", 1 << 20)]
    [TestCase("1G", 1 << 30)]
    [TestCase("1T", 1L << 40)]
    [TestCase("1P", 1L << 50)]
    [TestCase("1E", 1L << 60)]
    [TestCase("0x100000", 1 << 20)]
    [TestCase("0.00001k", 0)]
    [TestCase("", -1)]
    [TestCase("k", -1)]
    [TestCase("-1", -1)]
    [TestCase("1.5", -1)]
    [TestCase(".5M", -1)]
    [TestCase("1e3", -1)]
    [TestCase("1MB", -1)]
    [TestCase("1MiB", -1)]
    [TestCase("1 M", -1)]
    [TestCase("16E", -1)]
    [TestCase("99999999999999999999", -1)]
    public void A_size_is_read_as_QEMU_reads_it(string text, long bytes)
    {
        bool isSize = SizeText.TryParseSize(text, out ulong parsed);

        Assert.That(isSize ? (long)parsed : -1, Is.EqualTo(bytes));
    }

    [TestCase("10", 10)]
    [TestCase("010", 8)]
    [TestCase("0x10", 16)]
    [TestCase("0", 0)]
    [TestCase("08", -1)]
    [TestCase("0x", -1)]
    [TestCase("1 ", -1)]
    public void A_number_is_read_as_QEMU_reads_it(string text, long number)
    {
        bool isNumber = SizeText.TryParseNumber(text, out ulong parsed, out bool overflow);

        Assert.Multiple(() =>
        {
            Assert.That(isNumber ? (long)parsed : -1, Is.EqualTo(number));
            Assert.That(overflow, Is.False);
        });
    }
}
