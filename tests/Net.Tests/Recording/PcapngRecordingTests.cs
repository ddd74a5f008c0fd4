using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;

namespace QmpRedirector.Net.Tests;

internal sealed class PcapngRecordingTests
{
    private const int Tap0 = 7;
    private const int Tap1 = 8;
    private const long Time = 1_775_000_000_000_000_000;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private readonly List<string> _failures = [];
    private string _directory = "";
    private string _path = "";

    [SetUp]
    public void MakeDirectory()
    {
        _directory = Directory.CreateTempSubdirectory("recording-").FullName;
        _path = Path.Combine(_directory, "frames.pcapng");
        _failures.Clear();
    }

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(_directory, recursive: true);

    [Test]
    public void Each_redirector_is_an_interface_with_its_own_frames_and_statistics()
    {
        var (first, second) = Record((recording) =>
        {
            var f0 = recording.Add("f0 netdev=net0");
            var f1 = recording.Add("f1 netdev=net1");
            return (f0, f1);
        }, recorders =>
        {
            recorders.f0.SetInterface(Tap0, "tap0");
            recorders.f1.SetInterface(Tap1, "tap1");
            recorders.f0.Record(Origin(1), [1]);
            recorders.f1.Record(Origin(2, Tap1), [2]);
            recorders.f0.Finish(Account(forwarded: 1));
            recorders.f1.Finish(Account(forwarded: 1));
        });

        var blocks = PcapngFile.Parse(File.ReadAllBytes(_path));
        var interfaces = blocks.Where(block => block.Type == 1).Select(block => Text(block, 2) + ", " + Text(block, 3)).ToList();
        Assert.That(interfaces, Is.EquivalentTo(new[] { "tap0, f0 netdev=net0", "tap1, f1 netdev=net1" }));
        Assert.That(
            blocks.Where(block => block.Type == 6).Select(block => (interfaces[(int)block.Word(0)][..4], (int)block.Fixed[20])),
            Is.EquivalentTo(new[] { ("tap0", 1), ("tap1", 2) }));
        Assert.That(blocks.Where(block => block.Type == 5).Select(block => block.Word(0)), Is.EquivalentTo(new uint[] { 0, 1 }));
        Assert.That((first.Recorded, first.Lost, second.Recorded, second.Lost), Is.EqualTo((1, 0, 1, 0)));
        Assert.That(_failures, Is.Empty);
    }

    [Test]
    public void The_vnet_header_is_cut_off_and_the_direction_kept()
    {
        RecordOne(recorder =>
        {
            recorder.Record(new FrameOrigin(Time, Tap0, 12, IsTowardsGuest: true), [.. new byte[12], 0xaa]);
            recorder.Record(new FrameOrigin(Time, Tap0, 0, IsTowardsGuest: false), [0xbb]);
        });
        var packets = Packets();
        Assert.That(packets.Select(packet => packet.Fixed[20..].ToArray()[0]), Is.EqualTo(new byte[] { 0xaa, 0xbb }));
        Assert.That(packets.Select(packet => packet.Word(3)), Is.EqualTo(new uint[] { 1, 1 }));
        Assert.That(packets.Select(packet => packet.Options.Single(option => option.Code == 2).Value[0]), Is.EqualTo(new byte[] { 2, 1 }));
    }

    [Test]
    public void A_note_stands_at_the_first_frame_that_is_not_older()
    {
        RecordOne(recorder =>
        {
            recorder.Note(Time + 10, "armed");
            recorder.Note(Time + 20, "disarmed");
            foreach (var time in (int[])[5, 10, 11, 21, 22])
                recorder.Record(Origin(time), [(byte)time]);
        });
        Assert.That(Packets().Select(packet => Text(packet, 1)), Is.EqualTo(new[]
        {
            null, "2026-03-31T23:33:20.000000010Z armed", null, "2026-03-31T23:33:20.000000020Z disarmed", null,
        }));
    }

    [Test]
    public void Notes_no_frame_came_after_stand_in_the_statistics_with_the_drops_by_reason()
    {
        RecordOne(recorder => recorder.Note(Time, "disarmed"), Account(forwarded: 7, disarmed: 2));
        var statistics = PcapngFile.Parse(File.ReadAllBytes(_path))[^1];
        Assert.That(statistics.Type, Is.EqualTo(5));
        Assert.That(
            statistics.Options.Where(option => option.Code == 1).Select(option => Encoding.UTF8.GetString(option.Value)), Is.EqualTo(new[]
            {
                "dropped: peer_disconnected=0 disarmed=2 truncated=0 oversize=0 bad_offload=0 linger_expired=0 shutdown=0;"
                + " forwarded but not recorded: 0",
                "2026-03-31T23:33:20.000000000Z disarmed",
            }));
        Assert.That(
            statistics.Options.Where(option => option.Code > 1).Select(option => (option.Code, BinaryPrimitives.ReadInt64LittleEndian(option.Value))),
            Is.EqualTo(new[] { (4, 9L), (5, 0L), (6, 9L), (7, 0L), (8, 7L) }));
    }

    [Test]
    public void Notes_without_end_are_bounded()
    {
        RecordOne(recorder =>
        {
            for (var i = 0; i < 100_000; i++)
                recorder.Note(Time + i, "armed");
        });
        Assert.That(new FileInfo(_path).Length, Is.LessThan(20_000));
    }

    [Test]
    public void A_TAP_of_another_name_is_another_interface_and_frames_from_before_stay_with_theirs()
    {
        RecordOne(recorder =>
        {
            recorder.Record(Origin(1), [1]);
            recorder.SetInterface(Tap1, "tap1");
            recorder.Record(Origin(2), [2]);
            recorder.Record(Origin(3, Tap1), [3]);
        });
        var blocks = PcapngFile.Parse(File.ReadAllBytes(_path));
        Assert.That(blocks.Where(block => block.Type == 1).Select(block => Text(block, 2)), Is.EqualTo(new[] { "tap0", "tap1" }));
        Assert.That(Packets().Select(packet => packet.Word(0)), Is.EqualTo(new uint[] { 0, 0, 1 }));
    }

    [Test]
    public void A_TAP_made_anew_under_its_name_is_the_same_interface()
    {
        RecordOne(recorder =>
        {
            for (var index = Tap0; index < Tap0 + 100; index++)
            {
                recorder.SetInterface(index, "tap0");
                recorder.Record(Origin(index, index), [1]);
            }
        });
        Assert.That(Packets().Select(packet => packet.Word(0)), Is.All.Zero);
    }

    [Test]
    public async Task An_interface_that_comes_while_others_record_goes_with_its_statistics_and_the_others_go_on()
    {
        using var recording = NewRecording();
        var first = recording.Add("f0");
        first.SetInterface(Tap0, "tap0");
        recording.Open(_path);
        first.Record(Origin(1), [1]);
        var second = recording.Add("f1");
        second.SetInterface(Tap1, "tap1");
        second.Record(Origin(2, Tap1), [2]);
        second.Finish(Account(forwarded: 1));
        await second.Finished.WaitAsync(_patience);
        Assert.That((second.Recorded, second.Lost), Is.EqualTo((1, 0)), "in the file, while the recording goes on");
        first.Record(Origin(3), [3]);
        first.Finish(Account(forwarded: 2));
        recording.Close();

        var blocks = PcapngFile.Parse(File.ReadAllBytes(_path));
        var names = blocks.Where(block => block.Type == 1).Select(block => Text(block, 2)!).ToList();
        Assert.That(
            Packets().Select(packet => (names[(int)packet.Word(0)], (int)packet.Fixed[20])),
            Is.EquivalentTo(new[] { ("tap0", 1), ("tap1", 2), ("tap0", 3) }));
        Assert.That(
            blocks.Where(block => block.Type == 5).Select(block => names[(int)block.Word(0)]), Is.EqualTo(new[] { "tap1", "tap0" }));
    }

    [Test]
    public async Task A_capture_that_never_came_to_be_leaves_nothing_in_the_file()
    {
        using var recording = NewRecording();
        recording.Open(_path);
        var recorder = recording.Add("f0");
        recorder.Finish(null);
        await recorder.Finished.WaitAsync(_patience);
        recording.Close();

        Assert.That(PcapngFile.Parse(File.ReadAllBytes(_path)).Select(block => block.Type), Is.EqualTo(new[] { 0x0A0D0D0Au }));
    }

    [Test]
    public void Recording_a_frame_allocates_nothing()
    {
        RecordOne(recorder =>
        {
            var header = new byte[12];
            new VnetHeader(1, 1, 54, 1448, 34, 16).Write(header);
            byte[] payload = [.. header, .. new byte[1500]];
            long Round()
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                for (var i = 0; i < 20_000; i++)
                    recorder.Record(new FrameOrigin(Time, Tap0, 12, IsTowardsGuest: true), payload);
                return GC.GetAllocatedBytesForCurrentThread() - before;
            }

            // The runtime allocates a little while it compiles what is used often.
            Assert.That(Enumerable.Range(0, 5).Min(_ => Round()), Is.Zero);
        });
    }

    [Test]
    public void Writing_a_recorded_frame_down_allocates_nothing()
    {
        var recorder = new FrameRecorder("f0", 1 << 20, () => { });
        var recorded = new RecordedInterface(recorder);
        var header = new byte[12];
        new VnetHeader(1, 1, 54, 1448, 34, 16).Write(header);
        byte[] payload = [.. header, .. new byte[1500]];
        using var chunk = new MemoryStream(1 << 20);
        var writer = new PcapngWriter(chunk, new PcapngSection(null, null, null));
        long Round()
        {
            for (var i = 0; i < 100; i++)
                recorder.Record(new FrameOrigin(Time, Tap0, 12, IsTowardsGuest: true), payload);
            var before = GC.GetAllocatedBytesForCurrentThread();
            recorded.Write(writer, chunk, 1 << 20);
            chunk.SetLength(0);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.That(Enumerable.Range(0, 5).Min(_ => Round()), Is.Zero);
    }

    [Test]
    public void An_older_file_is_replaced_by_one_that_is_the_owners_alone()
    {
        File.WriteAllText(_path, "something old");
        File.SetUnixFileMode(_path, (UnixFileMode)0b110_110_110);
        RecordOne(_ => { });
        Assert.That(File.GetUnixFileMode(_path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.That(PcapngFile.Parse(File.ReadAllBytes(_path)).Select(block => block.Type), Is.EqualTo(new[] { 0x0A0D0D0Au, 1u, 5u }));
    }

    [Test]
    public void A_symbolic_link_is_not_followed()
    {
        var target = Path.Combine(_directory, "target");
        File.WriteAllText(target, "precious");
        File.CreateSymbolicLink(_path, target);
        using var recording = NewRecording();
        Assert.That(() => recording.Open(_path), Throws.InstanceOf<IOException>().With.Message.Contains("symbolic link"));
        Assert.That(File.ReadAllText(target), Is.EqualTo("precious"));
    }

    [Test]
    public void A_directory_is_refused()
    {
        using var recording = NewRecording();
        Assert.That(() => recording.Open(_directory), Throws.InstanceOf<IOException>().With.Message.EqualTo("it is neither a file nor a FIFO"));
    }

    [Test]
    public void A_FIFO_nobody_reads_is_refused_with_what_to_do()
    {
        MakeFifo();
        using var recording = NewRecording();
        Assert.That(
            () => recording.Open(_path), Throws.InstanceOf<IOException>().With.Message.Contains("nobody reads this FIFO").And.Message.Contains("wireshark -k -i"));
    }

    [Test]
    public async Task A_FIFO_is_written_while_frames_come()
    {
        MakeFifo();
        var reading = Task.Run(() => File.ReadAllBytes(_path));
        using var recording = NewRecording();
        var recorder = recording.Add("f0");
        OpenWhenRead(recording);
        recorder.Record(Origin(1), [1]);
        Assert.That(() => recorder.Recorded, Is.EqualTo(1).After((int)_patience.TotalMilliseconds, 2));
        recorder.Finish(Account(forwarded: 1));
        recording.Close();
        recording.Dispose();
        var blocks = PcapngFile.Parse(await reading.WaitAsync(_patience));
        Assert.That(blocks.Select(block => block.Type), Is.EqualTo(new[] { 0x0A0D0D0Au, 1u, 6u, 5u }));
    }

    [Test]
    public void A_FIFO_whose_reader_stops_reading_holds_nothing_up_and_the_loss_is_counted()
    {
        MakeFifo();
        using var reader = new FileStream(_path, FileMode.Open, FileAccess.ReadWrite);
        using var recording = NewRecording();
        var recorder = recording.Add("f0");
        recording.Open(_path);
        const int offered = 20_000;
        for (var i = 0; i < offered; i++)
            recorder.Record(Origin(i), new byte[1500]);
        recorder.Finish(Account(forwarded: offered));
        var watch = Stopwatch.StartNew();
        recording.Close();
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(1)));
        Assert.That(recorder.Lost, Is.Positive);
        Assert.That(recorder.Recorded + recorder.Lost, Is.EqualTo(offered));
        Assert.That(_failures, Has.Count.EqualTo(1).And.One.Contains("did not take the rest in time"));
    }

    [Test]
    public void A_reader_that_goes_away_ends_the_recording_with_one_sentence()
    {
        MakeFifo();
        var reader = new FileStream(_path, FileMode.Open, FileAccess.ReadWrite);
        using var recording = NewRecording();
        var recorder = recording.Add("f0");
        recording.Open(_path);
        reader.Dispose();
        recorder.Record(Origin(1), [1]);
        Assert.That(() => _failures.Count, Is.EqualTo(1).After((int)_patience.TotalMilliseconds, 2));
        for (var i = 0; i < 10; i++)
            recorder.Record(Origin(i), [1]);
        Assert.That((recorder.Recorded, recorder.Lost), Is.EqualTo((0, 11)));
        Assert.That(_failures.Single(), Does.Contain("Broken pipe"));

        var later = recording.Add("f1");
        later.Record(Origin(1), [1]);
        Assert.That((later.Recorded, later.Lost, later.Finished.IsCompleted), Is.EqualTo((0, 1, true)), "one that comes after that");
    }

    private static FrameOrigin Origin(long after, int tap = Tap0) => new(Time + after, tap, 0, IsTowardsGuest: true);

    private static ForwarderSnapshot Account(long forwarded, long disarmed = 0)
    {
        var counters = new ForwarderCounters(4) { KernelSeen = forwarded + disarmed, Taken = forwarded + disarmed, Forwarded = forwarded };
        counters.Drop(DropReason.Disarmed, (int)disarmed);
        return counters.Snapshot(counters.KernelSeen, 0, 0, default, peerConnected: false);
    }

    private static string? Text(PcapngFile.Block block, int code) =>
        block.Options.Where(option => option.Code == code).Select(option => Encoding.UTF8.GetString(option.Value)).SingleOrDefault();

    private PcapngRecording NewRecording() => new(new PcapngSection(null, null, null), _failures.Add);

    private void RecordOne(Action<FrameRecorder> use, ForwarderSnapshot? account = null) => Record(recording => recording.Add("f0"), recorder =>
    {
        recorder.SetInterface(Tap0, "tap0");
        use(recorder);
        recorder.Finish(account ?? Account(forwarded: 0));
    });

    private T Record<T>(Func<PcapngRecording, T> add, Action<T> use)
    {
        using var recording = NewRecording();
        var added = add(recording);
        recording.Open(_path);
        use(added);
        recording.Close();
        return added;
    }

    private ImmutableArray<PcapngFile.Block> Packets() =>
        [.. PcapngFile.Parse(File.ReadAllBytes(_path)).Where(block => block.Type == 6)];

    private void MakeFifo()
    {
        using var process = Process.Start("mkfifo", [_path]);
        Assert.That(process.WaitForExit(_patience) && process.ExitCode == 0, Is.True, "mkfifo");
    }

    private void OpenWhenRead(PcapngRecording recording) => Assert.That(
        () =>
        {
            try
            {
                recording.Open(_path);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        },
        Is.True.After((int)_patience.TotalMilliseconds, 2));
}
