using System.Text;
using CsCheck;

namespace QmpRedirector.Qmp.Tests;

/// <summary>The same bytes to a real QEMU and to the server: the same answers, and both go on.</summary>
public sealed class QmpServerAgainstQemuTests
{
    private static readonly string[] Fragments = [
        "{", "}", "[", "]", ",", ":", "'execute'", "'query-version'", "'exec-oob'", "'id'", "'arguments'",
        "{'execute':'query-version','id':", "}", " ", "\n",
        "\"a", "\"", "'", "\\", "\\u", "\\ud83d", "\\udfff", "00e9", "1", "0", "-", ".", "e", "E", "+", "12.5e3", "true", "null", "nul",
        "x", "A", "%", "\t", "\u0001", "\0",
        "\u00e9", "\uFFFE", "\ud83d\ude00", "{'a':1,", "[1,", "\u007f",
    ];

    private RealQemu _qemu = null!;

    [OneTimeSetUp]
    public void StartQemu() => _qemu = RealQemu.Start();

    [OneTimeTearDown]
    public async Task EndQemu() => await _qemu.DisposeAsync();

    [TestCase(false)]
    [TestCase(true)]
    public async Task Malformed_input_gets_QEMUs_answers_and_both_recover(bool outOfBand)
    {
        await using var server = ServerUnderTest.Start();
        await using var ours = await server.ConnectAsync(outOfBand);
        await using var qemus = await ConnectToQemuAsync(outOfBand);
        using (Assert.EnterMultipleScope())
        {
            foreach (var input in Malformed.All)
                Assert.That(await EssenceAsync(ours, input), Is.EqualTo(await EssenceAsync(qemus, input)), Shown(input));
        }
    }

    [Test]
    public async Task Input_before_the_negotiation_gets_QEMUs_answers()
    {
        string[] inputs = [
            "{'execute': 'query-version'}", "{'execute': 'no-such-command', 'id': 1}", "{'exec-oob': 'query-version'}", "[]", "{}", "foo",
            "\u0001",
            "{'execute': 'qmp_capabilities', 'arguments': {'enable': 1}}", "{'execute': 'qmp_capabilities', 'arguments': {'enable': [1]}}",
            "{'execute': 'qmp_capabilities', 'arguments': {'x': 1}}", "{'execute': 'qmp_capabilities', 'arguments': 1, 'id': null}",
            "{'execute': 'qmp_capabilities', 'id': {'a': 1}}", "{'execute': 'qmp_capabilities'}",
        ];
        await using var server = ServerUnderTest.Start();
        await using var ours = await RawClient.ConnectAsync(server.Address);
        await ours.ReadAsync();
        await using var qemus = await ConnectToQemuAsync(negotiate: false);
        using (Assert.EnterMultipleScope())
        {
            foreach (var input in inputs.Select(Encoding.UTF8.GetBytes))
                Assert.That(await EssenceAsync(ours, input), Is.EqualTo(await EssenceAsync(qemus, input)), Shown(input));
        }
    }

    [Test]
    public async Task Random_input_gets_QEMUs_answers()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("QMP_FUZZ") ?? "2000", null);
        await using var server = ServerUnderTest.Start();
        await using var ours = await server.ConnectAsync();
        // Not with out-of-band execution: QEMU 7.2 then ends in an assertion (monitor/qmp.c: qmp_requests->length) when the byte that
        // ends a number
        // also ends the value after it while seven answers are due.
        await using var qemus = await ConnectToQemuAsync();
        var fragment = Gen.Frequency(
            (20, Gen.Int[0, Fragments.Length - 1].Select(i => Fragments[i]).Select(Encoding.UTF8.GetBytes)),
            (1, Gen.Byte.Select(b => new[] { b })));
        await fragment.Array[1, 14].Select(f => f.SelectMany(b => b).ToArray()).SampleAsync(
            async input =>
            {
                var expected = await EssenceAsync(qemus, input);
                var got = await EssenceAsync(ours, input);
                if (!got.SequenceEqual(expected))
                    throw new InvalidOperationException(
                        $"{Shown(input)}\nQEMU: {string.Join('\n', expected)}\nus: {string.Join('\n', got)}");
            },
            iter: count,
            threads: 1);
    }

    [Test]
    public async Task Greeting_replies_and_escapes_are_written_as_QEMU_writes_them()
    {
        const string Ask =
            """{"execute": "query-version", "id": ["\u0000\u00e9\ud83d\ude00\u007f/\b\f\n\r\t'<&+\"\\", {}, {"a": [], "b": null}]}""";
        await using var server = ServerUnderTest.Start(change: o => o with { Version = new QmpVersion(7, 2, 22, "p") });
        await using var ours = await RawClient.ConnectAsync(server.Address);
        await using var qemus = await ConnectToQemuAsync(negotiate: false, greet: false);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Unpackaged(await ours.ReadLineAsync()), Is.EqualTo(Unpackaged(await qemus.ReadLineAsync())), "greeting");
            foreach (var ask in new[] { "{'execute': 'qmp_capabilities'}", Ask, "{'execute': 'x', 'id': 1}" })
            {
                await ours.SendAsync(ask);
                await qemus.SendAsync(ask);
                Assert.That(Unpackaged(await ours.ReadLineAsync()), Is.EqualTo(Unpackaged(await qemus.ReadLineAsync())), ask);
            }
        }
    }

    private static string? Unpackaged(string? line) =>
        line is null
            ? null
            : System.Text.RegularExpressions.Regex.Replace(line, "\"(package|micro|minor|major)\": (\"[^\"]*\"|[0-9]+)", "$1");

    private static async Task<List<string>> EssenceAsync(RawClient client, byte[] input) =>
        [.. (await client.ProbeAsync(input)).Select(Malformed.Essence)];

    private static string Shown(byte[] input) => string.Concat(Encoding.Latin1.GetString(input).Take(60)
        .Select(c => c is >= ' ' and < '\u007f' ? c.ToString() : $"\\x{(int)c:x2}"));

    private async Task<RawClient> ConnectToQemuAsync(bool outOfBand = false, bool negotiate = true, bool greet = true)
    {
        // It waits until QEMU listens.
        await using (await new QmpConnector(new QmpClientOptions { Address = _qemu.Address }).ConnectAsync(null, CancellationToken.None))
        {
        }
        var client = negotiate ? await RawClient.NegotiateAsync(_qemu.Address, outOfBand) : await RawClient.ConnectAsync(_qemu.Address);
        if (!negotiate && greet)
            await client.ReadAsync();
        return client;
    }
}
