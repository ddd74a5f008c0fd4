using CsCheck;

namespace QmpRedirector.Net.Tests;

/// <summary>Whatever the bytes are: no exception but the reader's own, and the same answer however the file is split.</summary>
internal sealed class PcapFuzzTests
{
    private static readonly byte[][] _seeds = [.. new[] { false, true }.SelectMany(static bigEndian => Seeds(new PcapSamples(bigEndian)))];

    [Test]
    public void Any_split_of_a_damaged_file_is_read_as_the_whole_is() =>
        Gen.Select(
            Gen.Int[0, _seeds.Length - 1], Gen.Select(Gen.Int[0, 400], Gen.Byte).Array[0, 4], Gen.Int[0, 400], Gen.Int[1, 64].Array[1, 4])
            .Sample((seed, damage, cut, splits) =>
            {
                byte[] file = _seeds[seed][..Math.Max(0, _seeds[seed].Length - Math.Max(0, cut - 300))];
                foreach (var (at, value) in damage)
                {
                    if (at < file.Length)
                        file[at] = value;
                }

                return PcapFile.Read(file, splits).IsSameAs(PcapFile.Read(file));
            }, iter: 3000);

    [Test]
    public void Half_a_million_damaged_files_cause_no_exception_but_the_readers_own()
    {
        var random = new Random(20260402);
        long frames = 0, errors = 0;
        for (var i = 0; i < 500_000; i++)
        {
            var file = (byte[])_seeds[random.Next(_seeds.Length)].Clone();
            for (var damage = random.Next(6); damage > 0; damage--)
            {
                var at = random.Next(i % 2 == 0 ? 64 : file.Length) % file.Length;
                file[at] = (byte)(random.Next(3) == 0 ? random.Next(256) : random.Next(8));
            }

            var reader = new PcapReader(new PcapBuffer(4096));
            try
            {
                file.AsMemory(0, random.Next(8) == 0 ? random.Next(file.Length) : file.Length).CopyTo(reader.GetMemory());
                reader.Advance(file.Length);
                while (reader.TryRead(out var frame))
                    frames += frame.Bytes.Length > 0 ? 1 : 0;
                reader.Complete();
            }
            catch (PcapException e)
            {
                Assert.That(e.Offset, Is.InRange(0, file.Length + (long)uint.MaxValue), e.Message);
                errors++;
            }
        }

        Assert.That(Math.Min(frames, errors), Is.GreaterThan(50_000), "the damage is neither nothing nor everything");
    }

    [Test]
    public void Frames_written_by_our_writer_are_read_again() =>
        Gen.Select(Gen.Byte.Array[0, 3000], Gen.Long[0, long.MaxValue], Gen.String[0, 40]).Array[0, 8].Sample(packets =>
        {
            using MemoryStream stream = new();
            PcapngWriter writer = new(stream, new PcapngSection("x86_64", "Linux", "test"));
            var tap = writer.AddInterface(new PcapngInterface("tap0", "netdev net0"));
            foreach (var (frame, time, comment) in packets)
                writer.WriteFrame(tap, time, frame, PcapngDirection.Outbound, comments: [comment]);
            writer.WriteStatistics(tap, new PcapngStatistics { Timestamp = 0, Received = 1, Dropped = 2 });

            var file = PcapFile.Read(stream.ToArray(), 1000);
            return file.Error is null && file.Frames.Select(static frame => (frame.Bytes, frame.Length, frame.Time)).SequenceEqual(
                packets.Select(static packet => (Convert.ToHexString(packet.Item1), (long)packet.Item1.Length, (long?)packet.Item2)));
        });

    private static byte[][] Seeds(PcapSamples samples) =>
    [
        [.. samples.Pcap(), .. samples.Record(TestFrames.Filled(60)), .. samples.Record(TestFrames.Filled(20), length: 90)],
        [
            .. samples.Section(), .. samples.Interface(samples.Option(9, 9), samples.Option(13, 4), samples.Option(0)),
            .. samples.Enhanced(0, 1, TestFrames.Filled(61)), .. samples.Block(5, new byte[12]), .. samples.Simple(TestFrames.Filled(33)),
            .. samples.Obsolete(0, 2, TestFrames.Filled(20)),
        ],
    ];
}
