using System.Net.Sockets;
using CsCheck;
using QmpRedirector.Decode;
using QmpRedirector.Net;
using QmpRedirector.Send;
using QmpRedirector.Testing;
using QmpRedirector.Tests.Decode;

namespace QmpRedirector.Tests.Send;

internal sealed class SendSessionTests
{
    [Test]
    public async Task Every_frame_arrives_in_order_and_is_counted()
    {
        byte[][] frames = [.. Enumerable.Range(0, 3000).Select(static number => CaptureFiles.Frame(number, 4 + number))];
        using SendRun run = new(CaptureFiles.Pcapng(frames));

        var received = await run.ReceiveAllAsync();

        var (exitCode, lines) = await run.EndAsync();
        Assert.That(received.Select(static frame => frame.Payload), Is.EqualTo(frames));
        Assert.That(exitCode, Is.Zero);
        Assert.That(lines, Has.Length.EqualTo(1));
        Assert.That(lines[0], Does.Match(@"^3000 frames, 4510500 bytes sent in \d+\.\d{3} s$"));
    }

    [TestCase(true, 12)]
    [TestCase(true, 0)]
    [TestCase(false, 10)]
    public async Task The_virtio_net_header_is_zeros_of_the_length_asked_for(bool support, int length)
    {
        using SendRun run = new(CaptureFiles.Pcapng([[1, 2, 3]]), new SendSettings { VnetHdrSupport = support, VnetHdrLen = length });

        var received = await run.ReceiveAllAsync(support);

        Assert.That(received, Has.Count.EqualTo(1));
        Assert.That(received[0].Payload, Is.EqualTo((byte[])[.. new byte[length], 1, 2, 3]));
        Assert.That(received[0].VnetHdrLen, Is.EqualTo(support ? (uint)length : 0));
    }

    [Test]
    public async Task What_cannot_be_sent_is_skipped_counted_and_explained()
    {
        var file = CaptureFiles.Pcap(
            ([1], 1), ([2, 2], 3), (new byte[69621], 69621), (new byte[69620], 69620), ([], 0), ([3], 2), ([4], 1));
        using SendRun run = new(file, new SendSettings { VnetHdrLen = 12 });

        var received = await run.ReceiveAllAsync();

        var (exitCode, lines) = await run.EndAsync();
        Assert.That(received.Select(static frame => frame.Payload.Length), Is.EqualTo(new[] { 13, 69632, 13 }));
        Assert.That(exitCode, Is.Zero);
        Assert.That(lines[0], Does.Match(@"^3 frames, 69658 bytes sent in \d+\.\d+ s; 4 skipped \(2 truncated, 1 oversize, 1 empty\)$"));
        Assert.That(lines[1..], Is.EqualTo(new[]
        {
            "truncated: the file has only the beginning of these frames; capture them whole (tcpdump -s 0)",
            "oversize: over 69632 bytes with the virtio-net header; QEMU would end its reading for good",
            "empty: frames without a byte; QEMU's queue would stand still behind one",
        }));
    }

    [Test]
    public async Task A_peer_that_leaves_ends_it_with_what_it_had_been_sent()
    {
        using SendRun run = new(CaptureFiles.Pcapng(Enumerable.Range(0, 2000).Select(static number => CaptureFiles.Frame(number, 60_000))));
        using (var peer = await run.AcceptAsync())
            await Bounded.WaitAsync(peer.ReceiveAsync(new byte[100]), "the first bytes");

        var (exitCode, lines) = await run.EndAsync();

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(lines[0], Does.Match(@"^error: the peer left: (Broken pipe|Connection reset by peer); it had been sent \d+ frames?$"));
        Assert.That(lines[1], Does.Match(@"^\d+ frames?, \d+ bytes sent in "));
    }

    [Test]
    public async Task A_peer_that_leaves_the_last_frames_unread_is_noticed()
    {
        using SendRun run = new(CaptureFiles.Pcapng([[1], [2]]));
        using (var peer = await run.AcceptAsync())
        {
            // Both frames are there when it leaves, after half a read.
            while (peer.Available < 10)
                await Task.Yield();
            await Bounded.WaitAsync(peer.ReceiveAsync(new byte[5]), "the first frame");
        }

        var (exitCode, lines) = await run.EndAsync();
        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(lines[0], Is.EqualTo("error: the peer left without having read everything; it had been sent 2 frames"));
    }

    [Test]
    public async Task Told_to_stop_it_finishes_the_frame_and_ends_cleanly()
    {
        using SendRun run = new(CaptureFiles.Pcapng(Enumerable.Range(0, 100).Select(static number => CaptureFiles.Frame(number, 60_000))));
        using var peer = await run.AcceptAsync();
        FrameReader reader = new(vnetHdrSupport: false);
        var frames = 0;

        // The first bytes are there, and the socket has not room for all.
        await ReadAsync(1);
        run.Stop();
        while (await ReadAsync(int.MaxValue) > 0)
        {
            while (reader.TryRead(out _))
                frames++;
        }

        peer.Dispose();
        var (exitCode, lines) = await run.EndAsync();
        Assert.That((exitCode, reader.Pending), Is.EqualTo((0, 0)), string.Join('\n', lines));
        Assert.That(frames, Is.InRange(1, 99));
        Assert.That(lines[0], Does.StartWith(SendReport.Count(frames) + ","));

        async Task<int> ReadAsync(int most)
        {
            var memory = reader.GetMemory();
            var count = await Bounded.WaitAsync(peer.ReceiveAsync(memory[..Math.Min(memory.Length, most)]).AsTask(), "bytes, or the end");
            reader.Advance(count);
            return count;
        }
    }

    [Test]
    public async Task Told_to_stop_while_the_peer_reads_nothing_it_ends_all_the_same()
    {
        const int frame = 60_000;
        using SendRun run = new(CaptureFiles.Pcapng(Enumerable.Range(0, 100).Select(static number => CaptureFiles.Frame(number, frame))));
        using var peer = await run.AcceptAsync();

        // A frame is half written once the socket holds all it can: told to stop between two, it would be right to end with 0.
        var full = SendRun.RoomFor(4 + frame);
        await run.UntilUnreadAsync(peer, full);
        run.Stop();

        var (exitCode, lines) = await run.EndAsync();

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(lines[0], Does.Match("^error: the peer does not take the rest of the frame it is being sent; it had been sent"));
    }

    [Test]
    public async Task A_file_that_is_no_capture_costs_no_connection()
    {
        using SendRun run = new([0, 0, 0, 60, 1, 2, 3, 4]);

        var (exitCode, lines) = await run.EndAsync();

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(lines, Is.EqualTo(new[]
        {
            "error: cannot read guest.pcap at byte 0: this is no capture file: neither pcap nor pcapng begins with 0x0000003c",
            "0 frames, 0 bytes sent in 0.000 s",
        }));
    }

    [Test]
    public async Task A_file_that_is_cut_off_is_sent_as_far_as_it_goes()
    {
        var file = CaptureFiles.Pcap(([1], 1), ([2], 1));
        using SendRun run = new(file[..^1]);

        var received = await run.ReceiveAllAsync();

        var (exitCode, lines) = await run.EndAsync();
        Assert.That(received, Has.Count.EqualTo(1));
        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(lines[0], Is.EqualTo(
            "error: cannot read guest.pcap at byte 41: the file is cut off here or in what precedes this byte"));
        Assert.That(lines[1], Does.StartWith("1 frame, 1 bytes sent in "));
    }

    [Test]
    public void What_decode_writes_send_sends() =>
        Gen.Byte.Array[1, 200].Array[0, 20].SampleAsync(async frames =>
        {
            using TempDirectory folder = new();
            byte[] stream = [.. frames.SelectMany(static frame => (byte[])[0, 0, 0, (byte)(frame.Length), .. frame])];
            var decoded = await DecodeRun.OfAsync(stream, new DecodeSettings { WriteFile = folder.File("x.pcapng") });
            Assert.That(decoded.ExitCode, Is.Zero, string.Join('\n', decoded.Diagnostics));

            using SendRun run = new(await File.ReadAllBytesAsync(folder.File("x.pcapng")));
            var received = frames.Length == 0 ? [] : await run.ReceiveAllAsync();
            var (exitCode, _) = await run.EndAsync();
            return exitCode == 0 && received.Select(static frame => Convert.ToHexString(frame.Payload))
                .SequenceEqual(frames.Select(Convert.ToHexString));
        }, iter: 20).GetAwaiter().GetResult();
}
