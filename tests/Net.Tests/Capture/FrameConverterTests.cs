using System.Buffers.Binary;
using CsCheck;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net.Tests.Capture;

[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class FrameConverterTests
{
    private const int LargestPayload = 69632;

    private static readonly byte[] _noOffload = new byte[10];

    // NEEDS_CSUM, TCPV4, hdr_len 54, gso_size 1448, csum_start 34, csum_offset 16.
    private static readonly byte[] _superFrame = [1, 1, 54, 0, 0xa8, 5, 34, 0, 16, 0];

    private static readonly byte[] _frame = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xb5, 0xde, 0xad, 0xbe, 0xef];

    private static readonly Gen<(byte[] Header, byte[] Frame, ushort? Tpid, ushort Tci, int Length, bool Support)> _anyFrame = Gen.Select(
        Gen.Byte.Array[10], Gen.Byte.Array[14, 300], Gen.OneOf<ushort?>(null, 0x8100, 0x88a8),
        Gen.UShort, Gen.OneOf(10, 12, 20, 24), Gen.Bool);

    // Written for super-frames only.
    private static GsoSegments _plan;

    [Test]
    public void Without_the_second_framing_word_four_bytes_of_length_precede_the_header() => Assert.That(
        Convert(_superFrame, _frame, 10, support: false),
        Is.EqualTo((byte[])[0, 0, 0, 28, .. _superFrame, .. _frame]));

    [Test]
    public void The_second_framing_word_is_the_header_length_that_is_really_there() => Assert.That(
        Convert(_superFrame, _frame, 12, support: true),
        Is.EqualTo((byte[])[0, 0, 0, 30, 0, 0, 0, 12, .. _superFrame, 0, 0, .. _frame]));

    [TestCase(10)]
    [TestCase(12)]
    [TestCase(20)]
    [TestCase(24)]
    public void What_follows_the_headers_first_ten_bytes_is_zero(int length) => Assert.That(
        Convert(_superFrame, _frame, length, support: false),
        Is.EqualTo((byte[])[0, 0, 0, (byte)(length + 18), .. _superFrame, .. new byte[length - 10], .. _frame]));

    [TestCase(false)]
    [TestCase(true)]
    public void With_length_0_the_frame_alone_is_sent(bool support) => Assert.That(
        Convert(_noOffload, _frame, 0, support),
        Is.EqualTo((byte[])[0, 0, 0, 18, .. support ? new byte[4] : [], .. _frame]));

    [Test]
    public void A_tag_goes_behind_the_addresses_and_moves_csum_start_by_four() => Assert.That(
        Convert(_superFrame, _frame, 12, support: true, tpid: 0x88a8, tci: 0x6005),
        Is.EqualTo((byte[])
        [
            0, 0, 0, 34, 0, 0, 0, 12,
            1, 1, 54, 0, 0xa8, 5, 38, 0, 16, 0, 0, 0, // csum_start 34 + 4; hdr_len is left as tun leaves it
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xa8, 0x60, 0x05, 0x88, 0xb5, 0xde, 0xad, 0xbe, 0xef,
        ]));

    [Test]
    public void A_tag_leaves_the_csum_start_of_a_finished_frame_alone() => Assert.That(
        Convert(_noOffload, _frame, 10, support: false, tpid: 0x8100, tci: 1),
        Is.EqualTo((byte[])
        [
            0, 0, 0, 32, .. _noOffload, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x81, 0, 0, 1, 0x88, 0xb5, 0xde, 0xad, 0xbe, 0xef,
        ]));

    [Test]
    public void With_length_0_an_unfinished_checksum_is_finished()
    {
        // 0x1234 stands in the field for the pseudo header: 0x1234 + 0xdead + 0xbeef = 0x1afd0, folded 0xafd1; its complement is 0x502e.
        byte[] header = [1, 0, 0, 0, 0, 0, 14, 0, 0, 0];
        byte[] frame = [.. _frame[..14], 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef];
        Assert.That(
            Convert(header, frame, 0, support: false),
            Is.EqualTo((byte[])[0, 0, 0, 20, .. _frame[..14], 0x50, 0x2e, 0xde, 0xad, 0xbe, 0xef]));
    }

    [Test]
    public void With_length_0_and_a_tag_the_checksum_is_finished_behind_the_tag()
    {
        byte[] header = [1, 0, 0, 0, 0, 0, 14, 0, 0, 0];
        byte[] frame = [.. _frame[..14], 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef];
        Assert.That(
            Convert(header, frame, 0, support: false, tpid: 0x8100, tci: 5),
            Is.EqualTo((byte[])[0, 0, 0, 24, .. _frame[..12], 0x81, 0, 0, 5, .. _frame[12..14], 0x50, 0x2e, 0xde, 0xad, 0xbe, 0xef]));
    }

    [Test]
    public void A_checksum_of_zero_is_sent_as_ones()
    {
        byte[] header = [1, 0, 0, 0, 0, 0, 14, 0, 0, 0];
        byte[] frame = [.. _frame[..14], 0xff, 0xfe, 0, 1];
        Assert.That(Convert(header, frame, 0, support: false), Is.EqualTo((byte[])[0, 0, 0, 18, .. _frame[..14], 0xff, 0xff, 0, 1]));
    }

    [TestCase(12, 6, Description = "the field's last byte is behind the frame's")]
    [TestCase(17, 0)]
    [TestCase(60000, 60000)]
    public void With_length_0_a_checksum_outside_the_frame_is_bad_offload(int start, int offset)
    {
        var header = new byte[10];
        header[0] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), (ushort)start);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)offset);
        Assert.That(Reason(header, _frame[..17], 0), Is.EqualTo(DropReason.BadOffload));
    }

    [Test]
    public void With_length_0_a_super_frame_that_cannot_be_cut_is_bad_offload([Values(1, 3, 4, 5, 0x81, 0x84)] byte gsoType) =>
        Assert.That(Reason([1, gsoType, 54, 0, 0xa8, 5, 14, 0, 0, 0], _frame, 0), Is.EqualTo(DropReason.BadOffload));

    [Test]
    public void With_length_0_a_super_frame_stays_to_be_cut_behind_its_restored_tag([Values] bool tagged)
    {
        var super = new SuperFrame { Payload = TestFrames.Filled(3000), Mss = 1448 };
        var expected = tagged ? super with { Tags = [(0x8100, 5)] } : super;
        byte[] header = new byte[10];
        super.Header.Write(header);
        var slot = Slot(header, super.Frame);
        var metadata = new FrameMetadata
        {
            Length = header.Length + super.Frame.Length, HasVlanTag = tagged, VlanTpid = 0x8100, VlanTci = 5,
        };
        GsoSegments segments = default;
        Assert.That(FrameConverter.Convert(slot, metadata, 0, true, out var frame, ref segments), Is.Null);
        Assert.That(frame.ToArray(), Is.EqualTo(expected.Frame));
        foreach (var (i, segment) in expected.Segments().Index())
        {
            var sent = new byte[FrameConverter.LengthOf(segments, i, true)];
            FrameConverter.Cut(segments, i, frame, sent, true);
            byte[] framing = [0, 0, (byte)(segment.Length >> 8), (byte)segment.Length, 0, 0, 0, 0];
            Assert.That(sent, Is.EqualTo((byte[])[.. framing, .. segment]));
        }
    }

    [Test]
    public void With_a_header_a_super_frame_is_sent_whatever_its_type([Values(1, 3, 4, 5, 0x81, 0x84)] byte gsoType) =>
        Assert.That(Reason([1, gsoType, 54, 0, 0xa8, 5, 14, 0, 0, 0], _frame, 10), Is.Null);

    [Test]
    public void The_longest_frame_that_fits_with_its_header_is_sent_and_the_next_is_oversize(
        [Values(0, 10, 12, 20, 24)] int length, [Values] bool tagged)
    {
        var room = LargestPayload - length - (tagged ? 4 : 0);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Reason(_noOffload, new byte[room], length, tagged), Is.Null);
            Assert.That(Reason(_noOffload, new byte[room + 1], length, tagged), Is.EqualTo(DropReason.Oversize));
        }
    }

    [Test]
    public void A_frame_the_kernel_cut_is_dropped([Values(0, 12)] int length)
    {
        var slot = Slot(_noOffload, _frame);
        var metadata = new FrameMetadata { Length = 28, Truncated = true };
        Assert.That(FrameConverter.Convert(slot, metadata, length, true, out var sent, ref _plan), Is.EqualTo(DropReason.Truncated));
        Assert.That(sent.Length, Is.Zero);
    }

    [Test]
    public void A_frame_without_a_byte_behind_its_header_is_dropped([Values(0, 1, 9, 10)] int received) => Assert.That(
        FrameConverter.Convert(Slot(_noOffload, _frame), new FrameMetadata { Length = received }, 12, false, out _, ref _plan),
        Is.EqualTo(DropReason.Truncated));

    [Test]
    public void Any_frame_becomes_framing_header_and_frame_put_one_behind_the_other() => _anyFrame.Sample(any =>
    {
        byte[] header = [.. any.Header, .. new byte[any.Length - 10]];
        byte[] frame = any.Frame;
        if (any.Tpid is { } tpid)
        {
            frame = [.. frame[..12], (byte)(tpid >> 8), (byte)tpid, (byte)(any.Tci >> 8), (byte)any.Tci, .. frame[12..]];
            if ((header[0] & 1) != 0)
                BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), (ushort)(CsumStart(header) + 4));
        }

        var length = header.Length + frame.Length;
        byte[] framing = [0, 0, (byte)(length >> 8), (byte)length, .. any.Support ? (byte[])[0, 0, 0, (byte)any.Length] : []];
        byte[] expected = [.. framing, .. header, .. frame];
        return Convert(any.Header, any.Frame, any.Length, any.Support, any.Tpid, any.Tci).SequenceEqual(expected);
    });

    [Test]
    public void With_length_0_any_frame_is_sent_with_only_its_checksum_changed_or_dropped() => _anyFrame.Sample(any =>
    {
        var slot = Slot(any.Header, any.Frame);
        var metadata = new FrameMetadata { Length = 10 + any.Frame.Length };
        var reason = FrameConverter.Convert(slot, metadata, 0, any.Support, out var bytes, ref _plan);
        if (reason is not null)
            return any.Header[1] != 0 ? reason == DropReason.BadOffload : reason == DropReason.BadOffload && (any.Header[0] & 1) != 0;
        var sent = bytes[(any.Support ? 8 : 4)..].ToArray();
        var changed = Enumerable.Range(0, sent.Length).Where(i => sent[i] != any.Frame[i]).ToList();
        var field = CsumStart(any.Header) + BinaryPrimitives.ReadUInt16LittleEndian(any.Header.AsSpan(8));
        return any.Header[1] == 0 && changed.All(i => (any.Header[0] & 1) != 0 && (i == field || i == field + 1));
    });

    private static ushort CsumStart(byte[] header) => BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(6));

    private static byte[] Convert(byte[] header, byte[] frame, int vnetHeaderLength, bool support, ushort? tpid = null, ushort tci = 0)
    {
        var slot = Slot(header, frame);
        var metadata = new FrameMetadata
        {
            Length = header.Length + frame.Length, HasVlanTag = tpid is not null, VlanTpid = tpid ?? 0, VlanTci = tci,
        };
        var reason = FrameConverter.Convert(slot, metadata, vnetHeaderLength, support, out var bytes, ref _plan);
        Assert.That(reason, Is.Null);
        return bytes.ToArray();
    }

    private static DropReason? Reason(byte[] header, byte[] frame, int vnetHeaderLength, bool tagged = false)
    {
        var metadata = new FrameMetadata { Length = header.Length + frame.Length, HasVlanTag = tagged, VlanTpid = 0x8100 };
        return FrameConverter.Convert(Slot(header, frame), metadata, vnetHeaderLength, true, out _, ref _plan);
    }

    private static byte[] Slot(byte[] header, byte[] frame)
    {
        // What an earlier frame left around this one must not be sent.
        var slot = new byte[RingSlot.Headroom + header.Length + frame.Length + 64];
        Array.Fill(slot, (byte)0xee);
        header.CopyTo(slot, RingSlot.Headroom);
        frame.CopyTo(slot, RingSlot.Headroom + header.Length);
        return slot;
    }
}
