namespace QmpRedirector.SystemTests.Wire;

/// <summary>Compares two streams of frames; NUnit's own comparison boxes every byte, and there are tens of millions.</summary>
internal static class ByteIdentity
{
    public static void Holds(IReadOnlyList<byte[]> forwarded, IReadOnlyList<byte[]> expected, string of = "")
    {
        using (Assert.EnterMultipleScope())
        {
            for (var i = 0; i < Math.Min(forwarded.Count, expected.Count); i++)
            {
                var same = forwarded[i].AsSpan().CommonPrefixLength(expected[i]);
                if (same == forwarded[i].Length && same == expected[i].Length) continue;
                Assert.Fail(
                    $"{of} Frame {i} differs at byte {same}: {forwarded[i].Length} bytes forwarded, {expected[i].Length} expected; "
                    + $"from there {Hex(forwarded[i], same)} instead of {Hex(expected[i], same)}; it begins {Hex(expected[i], 0)}");
                return;
            }

            Assert.That(forwarded, Has.Count.EqualTo(expected.Count), $"frames forwarded {of}");
        }
    }

    /// <summary>
    /// The frames as the test made them. hdr_len is left out of it: between two devices the kernel replaces the sender's hint with how much
    /// of the frame it happens to hold in one piece (skb_headlen, linux/virtio_net.h).
    /// </summary>
    public static void HoldsButForHdrLen(IEnumerable<byte[]> frames, IEnumerable<WirePacket> packets) =>
        Holds([.. frames.Select(WithoutHdrLen)], [.. packets.Select(packet => WithoutHdrLen(packet.AtTheGuest))]);

    private static byte[] WithoutHdrLen(byte[] frame) => [.. frame[..2], 0, 0, .. frame[4..]];

    private static string Hex(byte[] frame, int from) => Convert.ToHexString(frame.AsSpan(from, Math.Min(40, frame.Length - from)));
}
