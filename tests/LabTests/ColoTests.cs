using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using QmpRedirector.SystemTests.Kit;
using QmpRedirector.SystemTests.RunStates;
using QmpRedirector.SystemTests.Wire;

namespace QmpRedirector.LabTests;

/// <summary>
/// COLO, the whole of it, on this QEMU, with a primary beside whose vhost=on QEMU takes no filter. One pair for all tests, as its start
/// takes longer than a test.
/// </summary>
[TestFixture]
internal sealed partial class ColoTests
{
    private const int GuestHeader = 10;
    private const int VnetHeaderLength = 12;
    private const int FirstMark = 30_000_000;

    private ColoPair _pair = null!;
    private int _marks = FirstMark;

    [OneTimeSetUp]
    public async Task COLO_runs_with_vhost_at_the_primary() => _pair = await ColoPair.StartAsync();

    [OneTimeTearDown]
    public async Task The_pair_ends()
    {
        if (_pair is null) return;
        try
        {
            await _pair.EndSidecarAsync();
        }
        finally
        {
            await _pair.DisposeAsync();
        }
    }

    [Test]
    public async Task The_secondarys_guest_receives_every_frame_of_the_primarys_byte_for_byte()
    {
        // This kernel's TAP takes no UDP super-frames (USO, Linux 6.2).
        WirePacket[] packets =
        [
            .. WirePacket.Ordinary(),
            .. WirePacket.SuperFrames().Where(packet => packet.Name.Contains("TCP", StringComparison.Ordinal)),
            .. Enumerable.Range(0, 300).Select(number => new WirePacket("numbered", new byte[GuestHeader], Frames.Numbered(number))),
        ];

        await _pair.HasVhostAsync();
        var first = SendMark();
        foreach (var packet in packets) _pair.Sender.Send(packet.Bytes);
        var last = SendMark();
        var primary = await BetweenAsync(_pair.PrimaryReceived, first, last);
        var secondary = await BetweenAsync(_pair.SecondaryReceived, first, last);

        ByteIdentity.Holds(secondary, primary);
        ByteIdentity.Holds(secondary, [.. packets.Select(packet => WithoutHdrLen([.. packet.Header, .. packet.Frame]))]);
    }

    [Test]
    public async Task Colo_compare_lets_go_what_both_guests_have_answered_without_a_checkpoint()
    {
        const int count = 20;
        using var client = _pair.OpenClient();
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        var log = _pair.Sidecar.Error.Length;
        var answers = new byte[count][];
        var earlier = ReleasedAnswers().Count;
        for (var i = 0; i < count; i++)
        {
            var answer = new byte[2000];
            await client.SendToAsync(Question(i), new IPEndPoint(IPAddress.Parse(ColoPair.GuestAddress), 7), deadline.Token);
            answers[i] = answer[..await client.ReceiveAsync(answer, deadline.Token)];
            // The answer was out before it was compared: nothing holds it back beside vhost. A client that asks on regardless of the
            // secondary would only have its answers differ.
            var soFar = i + 1;
            await Eventually.ThatAsync(() => ReleasedAnswers().Count == earlier + soFar, $"colo-compare has let {soFar} answers go");
        }

        Assert.That(ReleasedAnswers().Skip(earlier), Is.EqualTo(answers));
        Assert.That(answers, Is.EqualTo(Enumerable.Range(0, count).Select(Question)));
        Assert.That(Checkpointed(log), Is.False, "no answer differed or was missing for three seconds");
    }

    [Test]
    public async Task A_TCP_connection_is_the_secondarys_too_and_equal_to_colo_compare()
    {
        const int length = 20_000;
        const int attempts = 3;
        // The client's ACK must not be at filter-rewriter before the secondary's own SYN,ACK: nothing holds the primary's back here.
        await _pair.Lab.Namespace.ExecAsync("tc", "qdisc", "add", "dev", Lab.TapName, "root", "netem", "delay", "500ms");
        try
        {
            for (var attempt = 0; attempt < attempts; attempt++)
            {
                var log = _pair.Sidecar.Error.Length;
                await _pair.SecondaryConsole.SendAsync("RSET");
                await _pair.SecondaryConsole.WaitForAsync("@RSET");
                await TransferAsync(length);
                // A checkpoint would give the secondary the primary's counters.
                if (Checkpointed(log)) continue;
                await _pair.SecondaryConsole.SendAsync("STAT");
                await _pair.SecondaryConsole.WaitForAsync($"tcp_connections=1 tcp_bytes={length} tcp_checksum_errors=0");
                if (!Checkpointed(log)) return;
            }
        }
        finally
        {
            await _pair.Lab.Namespace.ExecAsync("tc", "qdisc", "del", "dev", Lab.TapName, "root");
        }

        Assert.Fail($"Each of {attempts} connections ended in a checkpoint.");
    }

    [Test]
    public async Task What_comes_during_a_checkpoint_is_the_secondarys_too()
    {
        const int count = 10;
        await _pair.BeginCheckpointAsync();
        var first = SendMark();
        for (var number = 0; number < count; number++) Send(Frames.Numbered(number));
        await _pair.Primary.Qmp.WaitForEventAsync("RESUME");
        await _pair.HasVhostAsync();
        var last = SendMark();
        var secondary = await BetweenAsync(_pair.SecondaryReceived, first, last);
        await Eventually.ThatAsync(() => Holds(_pair.PrimaryReceived, last), "the primary's guest goes on receiving");

        // The primary's guest lacks one: while vhost is stopped QEMU reads one frame itself, and drops it when the VM goes on (VhostTests).
        Assert.That(secondary.Select(frame => Frames.NumberOf(frame.AsSpan(GuestHeader))), Is.EqualTo(Enumerable.Range(0, count)));
    }

    [Test]
    public async Task A_second_sidecar_is_read_once_f1_was_deleted_and_added_again_as_check_says()
    {
        await _pair.EndSidecarAsync();
        await Eventually.ThatAsync(async () => await FrontendOpenAsync() == false, "the secondary's f1 has given its chardev up");
        var failure = (await _pair.CheckAsync()).FailsOnlyOn("m0 peer");
        foreach (Match command in Command().Matches(failure.Remedy!))
        {
            var json = JsonNode.Parse(command.Value)!;
            await _pair.Secondary.Qmp.ExecuteAsync((string)json["execute"]!, (JsonObject)json["arguments"]!.DeepClone());
        }

        var network = (string)(await _pair.Secondary.Qmp.ExecuteAsync(
            "human-monitor-command", new JsonObject { ["command-line"] = "info network" }))!;
        var rewriter = network.IndexOf("- rew0:", StringComparison.Ordinal);
        Assert.That(network.IndexOf("- f1:", StringComparison.Ordinal), Is.Positive.And.LessThan(rewriter), $"order: {network}");

        await _pair.StartSidecarAsync();
        await _pair.HasVhostAsync();
        var first = SendMark();
        for (var number = 0; number < 50; number++) Send(Frames.Numbered(number));
        var last = SendMark();
        var primary = await BetweenAsync(_pair.PrimaryReceived, first, last);
        ByteIdentity.Holds(await BetweenAsync(_pair.SecondaryReceived, first, last), primary);
        Assert.That(primary, Has.Count.EqualTo(50));
    }

    /// <param name="log">How much of the sidecar's log there was before.</param>
    private bool Checkpointed(int log) => _pair.Sidecar.Error[log..].Contains("STOP event", StringComparison.Ordinal);

    private async Task TransferAsync(int length)
    {
        using var client = _pair.OpenClient(SocketType.Stream, ProtocolType.Tcp);
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Parse(ColoPair.GuestAddress), 9), deadline.Token);
        var data = new byte[length];
        for (var sent = 0; sent < length;) sent += await client.SendAsync(data.AsMemory(sent), deadline.Token);
        client.Shutdown(SocketShutdown.Send);
        Assert.That(await client.ReceiveAsync(new byte[1], deadline.Token), Is.Zero, "the primary's guest has read it all and closes too");
        await Eventually.ThatAsync(() => ReleasedEnd((IPEndPoint)client.LocalEndPoint!), "colo-compare lets the connection's end go");
        // Behind the client's last ACK, without which both would go on sending. A checkpoint can cost the primary's guest one.
        GuestCapture[] guests = [_pair.PrimaryReceived, _pair.SecondaryReceived];
        List<byte[]> marks = [];
        await Eventually.ThatAsync(
            () =>
            {
                marks.Add(SendMark());
                return Array.TrueForAll(guests, guest => marks.Exists(mark => Holds(guest, mark)));
            },
            "the guests have the client's last ACK");
    }

    /// <summary>The guests' FIN of that connection.</summary>
    private bool ReleasedEnd(IPEndPoint client)
    {
        const int tcp = VnetHeaderLength + Frames.EthernetHeader + 20;
        return _pair.Released.Frames.Select(frame => frame.Payload)
            .Any(bytes => IsIpv4(bytes, Frames.Tcp) && BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(tcp + 2)) == client.Port
                && (bytes[tcp + 13] & 1) != 0);
    }

    private static bool IsIpv4(byte[] bytes, byte protocol)
    {
        const int ip = VnetHeaderLength + Frames.EthernetHeader;
        return bytes.Length >= ip + 28 && bytes[ip] == 0x45 && bytes[ip + 9] == protocol;
    }

    private static byte[] Question(int number) => [.. Enumerable.Range(0, 40 + (number * 60)).Select(i => (byte)(number + i))];

    /// <summary>The payloads of the echo port's datagrams.</summary>
    private List<byte[]> ReleasedAnswers()
    {
        const int udp = VnetHeaderLength + Frames.EthernetHeader + 20;
        return [.. _pair.Released.Frames.Select(frame => frame.Payload)
            .Where(bytes => IsIpv4(bytes, Frames.Udp) && BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(udp)) == 7)
            .Select(bytes => bytes[(udp + 8)..])];
    }

    private void Send(byte[] frame) => _pair.Sender.Send([.. new byte[GuestHeader], .. frame]);

    private byte[] SendMark()
    {
        var mark = Frames.Numbered(_marks++);
        Send(mark);
        return mark;
    }

    private static bool Holds(GuestCapture capture, byte[] mark) => capture.Frames.Any(frame => IsMark(frame, mark));

    private static bool IsMark(byte[] frame, byte[] mark) => frame.AsSpan(GuestHeader).SequenceEqual(mark);

    /// <summary>Not the host's own, which is its ARP.</summary>
    private static bool IsGenerated(byte[] frame) => frame.AsSpan(GuestHeader + 6).StartsWith(Frames.HostMac);

    private static byte[] WithoutHdrLen(byte[] frame) => [.. frame[..2], 0, 0, .. frame[4..]];

    /// <summary>What the guest recorded between two marks; hdr_len left out, a hint its kernel makes anew.</summary>
    private static async Task<IReadOnlyList<byte[]>> BetweenAsync(GuestCapture capture, byte[] first, byte[] last)
    {
        await Eventually.ThatAsync(() => Holds(capture, last), "the guest has the last mark");
        var all = capture.Frames.ToList();
        var from = all.FindIndex(frame => IsMark(frame, first));
        Assert.That(from, Is.Not.Negative, "the guest has the first mark");
        return [.. all.Skip(from + 1).TakeWhile(frame => !IsMark(frame, last)).Where(IsGenerated).Select(WithoutHdrLen)];
    }

    private async Task<bool?> FrontendOpenAsync()
    {
        var chardevs = (JsonArray)(await _pair.Secondary.Qmp.ExecuteAsync("query-chardev"))!;
        return (bool?)chardevs.Single(chardev => (string?)chardev!["label"] == "red0")!["frontend-open"];
    }

    [GeneratedRegex("""\{"execute": "[a-z-]+", "arguments": \{[^{}]*\}\}""")]
    private static partial Regex Command();
}
