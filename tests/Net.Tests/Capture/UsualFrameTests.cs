using System.Net.Sockets;
using System.Runtime.InteropServices;
using CsCheck;
using Microsoft.Win32.SafeHandles;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net.Tests.Capture;

/// <summary>The loop for usual frames must send what the converter of any frame would, and leave it the others.</summary>
internal sealed class UsualFrameTests
{
    private const int SlotSize = 1024;
    private const int FrameAt = 160;
    private const long From = 1_000_000_000_000;
    private const long Until = From + 1000;

    private static readonly Gen<Captured> _anyFrame = Gen.Select(
        Gen.Byte.Array[10], Gen.Byte.Array[1, 300], Gen.Frequency((20, Gen.Const(0)), (1, Gen.Int[1, 20])),
        Gen.Frequency((20, Gen.Long[From, Until]), (1, Gen.OneOf(From - 1, Until + 1))), Gen.Frequency((20, Gen.Const(false)), (1, Gen.Const(true))),
        Gen.Bool, Gen.Bool,
        static (header, frame, cut, stamped, tagged, plain, towards) =>
            new Captured(plain ? new byte[10] : header, frame, cut, stamped, tagged, towards));

    private static readonly Gen<(Captured[] Frames, int Length, bool Support)> _anyRun =
        Gen.Select(_anyFrame.Array[0, 40], Gen.OneOf(0, 10, 12, 20, 24), Gen.Bool);

    private sealed record Captured(byte[] Header, byte[] Frame, int Missing, long Stamped, bool Tagged, bool Towards)
    {
        public bool IsUsual(int vnetLength) =>
            Missing == 0 && !Tagged && Stamped is >= From and <= Until && (vnetLength > 0 || (Header[0] == 0 && Header[1] == 0));

        public byte[] Converted(int vnetLength, bool support)
        {
            byte[] slot = [.. new byte[RingSlot.Headroom], .. Header, .. Frame];
            GsoSegments segments = default;
            var metadata = new FrameMetadata { Length = Header.Length + Frame.Length };
            Assert.That(FrameConverter.Convert(slot, metadata, vnetLength, support, out var bytes, ref segments), Is.Null);
            return bytes.ToArray();
        }
    }

    [Test]
    public void Usual_frames_in_slots_are_sent_as_the_converter_sends_them() => Holds(
        static frame => new tpacket2_hdr
        {
            tp_status = Status(frame), tp_len = (uint)(frame.Frame.Length + frame.Missing), tp_snaplen = (uint)frame.Frame.Length, tp_mac = FrameAt,
            tp_sec = (uint)(frame.Stamped / 1_000_000_000), tp_nsec = (uint)(frame.Stamped % 1_000_000_000),
        },
        static (batch, slots, usual, stamps) =>
        {
            var run = new SlotRun(slots);
            return batch.QueueUsual<tpacket2_hdr, SlotRun>(ref run, slots.Length, usual, stamps);
        });

    [Test]
    public void Usual_frames_in_blocks_are_sent_as_the_converter_sends_them() => Holds(
        static frame => new tpacket3_hdr
        {
            tp_status = Status(frame), tp_len = (uint)(frame.Frame.Length + frame.Missing), tp_snaplen = (uint)frame.Frame.Length, tp_mac = FrameAt,
            tp_sec = (uint)(frame.Stamped / 1_000_000_000), tp_nsec = (uint)(frame.Stamped % 1_000_000_000), tp_next_offset = SlotSize,
        },
        static (batch, slots, usual, stamps) =>
        {
            var run = new BlockRun(slots.FirstOrDefault(), default);
            return batch.QueueUsual<tpacket3_hdr, BlockRun>(ref run, slots.Length, usual, stamps);
        });

    private static uint Status(Captured frame) => Constants.TP_STATUS_USER | (frame.Tagged ? Constants.TP_STATUS_VLAN_VALID : 0);

    private static void Holds<THeader>(Func<Captured, THeader> headerOf, Func<SendBatch, nint[], UsualFrame, long[], RunTotals> queue)
        where THeader : unmanaged, IRingHeader => _anyRun.Sample(
            run =>
            {
                var memory = GC.AllocateArray<byte>(run.Frames.Length * SlotSize, pinned: true);
                var slots = run.Frames.Select((frame, i) => Place(memory, i, frame, headerOf(frame), THeader.AddressOffset)).ToArray();
                var usual = run.Frames.TakeWhile(frame => frame.IsUsual(run.Length)).ToArray();
                using var batch = new SendBatch();
                var stamps = new long[SendBatch.Capacity];

                var totals = queue(batch, slots, new UsualFrame(From, Until, run.Length, run.Support), stamps);
                var sent = Sent(batch);
                GC.KeepAlive(memory);

                return totals == new RunTotals(
                        usual.Length, usual.Sum(static frame => frame.Frame.Length), usual.Count(static frame => frame.Towards),
                        usual.Where(static frame => frame.Towards).Sum(static frame => frame.Frame.Length))
                    && stamps.Take(usual.Length).SequenceEqual(usual.Select(static frame => frame.Stamped))
                    && sent.SequenceEqual(usual.SelectMany(frame => frame.Converted(run.Length, run.Support)))
                    && batch.Unsent == 0;
            },
            iter: 500, threads: 1);

    /// <summary>Writes a frame into its slot as the kernel does; gives the slot's address.</summary>
    private static nint Place<THeader>(byte[] memory, int index, Captured frame, THeader header, int addressOffset)
        where THeader : unmanaged
    {
        var slot = memory.AsSpan(index * SlotSize, SlotSize);
        MemoryMarshal.Write(slot, header);
        MemoryMarshal.Write(slot[addressOffset..], new sockaddr_ll { sll_pkttype = (byte)(frame.Towards ? Constants.PACKET_OUTGOING : 0) });
        frame.Header.CopyTo(slot[(FrameAt - frame.Header.Length)..]);
        frame.Frame.CopyTo(slot[FrameAt..]);
        return Marshal.UnsafeAddrOfPinnedArrayElement(memory, index * SlotSize);
    }

    private static byte[] Sent(SendBatch batch)
    {
        if (batch.Unsent == 0)
            return [];
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint($"\0{Guid.NewGuid():N}"));
        listener.Listen(1);
        using var ours = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        ours.Connect(listener.LocalEndPoint!);
        using var theirs = listener.Accept();
        using var handle = new SafeFileHandle(ours.Handle, ownsHandle: false);
        var length = batch.UnsentBytes;
        var written = batch.Send(handle);
        Assert.That(written, Is.EqualTo(length));
        Assert.That(batch.TryTakeAllWritten(written), Is.True);
        var bytes = new byte[length];
        for (var read = 0; read < length;)
            read += theirs.Receive(bytes.AsSpan(read));
        return bytes;
    }
}
