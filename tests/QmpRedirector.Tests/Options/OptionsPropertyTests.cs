using System.Globalization;
using System.Text.Json.Nodes;
using CsCheck;
using QmpRedirector.Net;
using QmpRedirector.Options;

namespace QmpRedirector.Tests.Options;

/// <summary>What holds for any options.</summary>
internal sealed class OptionsPropertyTests
{
    private static readonly Gen<string> _name = Gen.String[Gen.Char["abcXYZ09-._"], 0, 12].Select(static rest => "i" + rest);
    private static readonly Gen<string> _path = Gen.String[Gen.Char["ab,=/{}'\"\\ é"], 1, 20].Select(static rest => "/" + rest);

    private static readonly Gen<ChardevAddress> _address = Gen.OneOf(
        Gen.Select(_path, Gen.Bool, Gen.Bool, static (path, isAbstract, tight) =>
            (ChardevAddress)new ChardevAddress.Unix(path, isAbstract, tight)),
        Gen.Select(_name, Gen.Int[0, 65535], Gen.Bool.Nullable(), Gen.Int[0, 65535].Nullable(), static (host, port, ipv4, to) =>
            (ChardevAddress)new ChardevAddress.Inet(host, port, ipv4, ipv4 == false ? true : null, to)),
        Gen.Int[0, 1000].Select(static number => (ChardevAddress)new ChardevAddress.Fd(number)));

    private static readonly Gen<ChardevOptions> _chardev = Gen.Select(
        _address, Gen.Bool, Gen.Bool, Gen.Int[1, 100_000].Nullable(),
        static (address, server, wait, reconnect) => new ChardevOptions(
            "m0",
            address,
            server,
            server && wait,
            server || reconnect is null ? null : TimeSpan.FromMilliseconds(reconnect.Value)));

    private static readonly Gen<RedirectorOptions> _redirector = Gen.Select(
        Gen.Select(_name, _path, Gen.Enum<QueueDirection>(), Gen.Int[4096, 1 << 30]),
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, Gen.Bool, Gen.Bool),
        Gen.Select(Gen.OneOf<int?>(null, 0, 10, 12, 20, 24), _name.Null()),
        static (values, flags, ours) => new RedirectorOptions
        {
            Id = values.Item1,
            Type = flags.Item1 ? RedirectorOptions.FilterMirror : RedirectorOptions.FilterRedirector,
            Netdev = values.Item2,
            Outdev = "m0",
            Queue = values.Item3,
            Backlog = values.Item4,
            Status = flags.Item2,
            VnetHdrSupport = flags.Item3,
            EnableWhenStopped = flags.Item4,
            DisableWhenRunning = flags.Item5,
            VnetHdrLen = ours.Item1,
            Ifname = ours.Item2,
        });

    [Test]
    public void A_redirector_means_the_same_in_text_and_in_JSON() =>
        _redirector.Sample(static options =>
        {
            Assert.That(Parsed.OneObject(Text("qom-type", Object(options))), Is.EqualTo(options));
            Assert.That(Parsed.OneObject(Object(options).ToJsonString()), Is.EqualTo(options));
        });

    [Test]
    public void A_chardev_means_the_same_in_text_and_in_JSON() =>
        Gen.Select(_chardev, Gen.Bool).Sample(static (options, isLegacy) =>
        {
            (JsonObject data, JsonObject members, string type) = Chardev(options);
            JsonObject flat = new() { ["backend"] = "socket", ["id"] = options.Id };
            foreach ((string key, JsonNode? value) in data.Concat(members))
                flat[key == "str" ? "fd" : key] = value!.DeepClone();
            Assert.That(Parsed.OneChardev(Text("backend", flat)), Is.EqualTo(options));

            JsonObject address = isLegacy ? new JsonObject { ["data"] = members } : members;
            address["type"] = type;
            data["addr"] = address;
            JsonObject json = new() { ["id"] = options.Id, ["backend"] = new JsonObject { ["type"] = "socket", ["data"] = data } };
            Assert.That(Parsed.OneChardev(json.ToJsonString()), Is.EqualTo(options));
        });

    [Test]
    public void Nothing_that_is_typed_makes_it_throw_or_be_silent()
    {
        Gen<string> words = Gen.OneOf(
            "socket", "filter-redirector", "filter-mirror", "id", "=", ",", ",,", "path", "server", "no", "wait", "{", "}", "[", "]", ":",
            "\"", "'", "\\", "backend", "data", "addr", "type", "unix", "inet", "fd", "str", "qom-type", "netdev", "outdev",
            "m0", "f0", "queue", "on", "true", "null", "1", "-", ".", "backlog", "M", "0x", "99999999999999999999", "reconnect",
            "host", "port", "\\ud800", "\ud800", "\0", "é", " ", "\n", "unix:", "tcp:", "fd:");
        Gen<string> text = Gen.OneOf(Gen.String[0, 40], words.Array[0, 30].Select(static parts => string.Concat(parts)));
        Gen.Select(text, text, text, text).Sample(
            static (chardev, redirector, qmp, config) =>
            {
                OptionsResult<RunOptions> result = RunOptionsParser.Parse(
                    new RunArguments
                    {
                        Chardevs = [chardev],
                        Objects = [redirector],
                        Config = "c",
                        Scalars = new Dictionary<string, string> { ["qmp"] = qmp, ["qmp-timeout"] = chardev, ["log-level"] = config },
                    },
                    _ => config);
                OptionsResult<DecodeOptions> decode = DecodeOptionsParser.Parse(
                    new DecodeArguments { Input = chardev, VnetHdrLen = qmp, Count = config });
                return result.Value is null == result.Errors.Count > 0 && decode.Value is null == decode.Errors.Count > 0 &&
                    result.Errors.Concat(decode.Errors).All(static error => error.Length > 0 && !error.Any(char.IsControl));
            },
            // Four inputs each.
            iter: 25_000);
    }

    private static JsonObject Object(RedirectorOptions options)
    {
        JsonObject json = new()
        {
            ["qom-type"] = options.Type,
            ["id"] = options.Id,
            ["netdev"] = options.Netdev,
            ["outdev"] = options.Outdev,
            ["queue"] = options.Queue.ToString().ToLowerInvariant(),
            ["status"] = options.Status ? "on" : "off",
            ["vnet_hdr_support"] = options.VnetHdrSupport,
            ["enable_when_stopped"] = options.EnableWhenStopped,
            ["disable_when_running"] = options.DisableWhenRunning,
            ["vnet_hdr_len"] = options.VnetHdrLen?.ToString(CultureInfo.InvariantCulture) ?? "auto",
            ["backlog"] = options.Backlog,
        };
        if (options.Ifname is string ifname)
            json["ifname"] = ifname;
        return json;
    }

    private static (JsonObject Data, JsonObject Members, string Type) Chardev(ChardevOptions options)
    {
        JsonObject data = new() { ["server"] = options.Server, ["nodelay"] = true };
        if (options.Server)
            data["wait"] = options.Wait;
        if (options.Reconnect is TimeSpan reconnect)
            data["reconnect-ms"] = (long)reconnect.TotalMilliseconds;
        JsonObject members = [];
        switch (options.Address)
        {
            case ChardevAddress.Unix unix:
                members = new JsonObject { ["path"] = unix.Path, ["abstract"] = unix.Abstract, ["tight"] = unix.Tight };
                return (data, members, "unix");
            case ChardevAddress.Inet inet:
                members = new JsonObject { ["host"] = inet.Host, ["port"] = inet.Port.ToString(CultureInfo.InvariantCulture) };
                if (inet.To is int to)
                    members["to"] = to;
                if (inet.Ipv4 is bool ipv4)
                    members["ipv4"] = ipv4;
                if (inet.Ipv6 is bool ipv6)
                    members["ipv6"] = ipv6;
                return (data, members, "inet");
            case ChardevAddress.Fd fd:
                return (data, new JsonObject { ["str"] = fd.Number.ToString(CultureInfo.InvariantCulture) }, "fd");
            default:
                throw new AssertionException("a kind of address this test does not know");
        }
    }

    private static string Text(string implied, JsonObject json) => string.Join(',', json.Select(pair =>
    {
        string value = pair.Value!.ToString() switch
        {
            "true" => "on",
            "false" => "off",
            string other => QemuOptsText.Escape(other),
        };
        return pair.Key == implied ? value : $"{pair.Key}={value}";
    }));
}
