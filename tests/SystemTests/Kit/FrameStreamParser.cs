using System.Buffers.Binary;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>
/// Reads QEMU's framing as strictly as QEMU 7.2's net_fill_rstate would need it: u32 big-endian length, with vnet_hdr_support a second u32,
/// then the payload. Written apart from the code under test, so that a mistake shared by writer and reader cannot hide.
/// </summary>
internal sealed class FrameStreamParser(bool vnetHdrSupport)
{
    /// <summary>NET_BUFSIZE (include/net/net.h): one byte more and QEMU stops reading for good.</summary>
    public const int MaxLength = 4096 + 65536;

    private readonly byte[] _pending = new byte[sizeof(uint) * 2 + MaxLength];
    private readonly int _headerLength = vnetHdrSupport ? 8 : 4;
    private int _filled;

    /// <summary>Bytes of a frame that has begun and not ended.</summary>
    public int Partial => _filled;

    public void Feed(ReadOnlySpan<byte> bytes, Action<ReceivedFrame> onFrame)
    {
        while (!bytes.IsEmpty)
        {
            Take(ref bytes, _headerLength);
            if (_filled < _headerLength) return;
            var length = BinaryPrimitives.ReadUInt32BigEndian(_pending);
            if (length is 0 or > MaxLength) throw new FormatException($"A frame of {length} bytes: QEMU would never recover from it.");
            Take(ref bytes, _headerLength + (int)length);
            if (_filled < _headerLength + (int)length) return;
            uint? vnetHeader = vnetHdrSupport ? BinaryPrimitives.ReadUInt32BigEndian(_pending.AsSpan(4)) : null;
            onFrame(new ReceivedFrame(_pending.AsSpan(_headerLength, (int)length).ToArray(), vnetHeader));
            _filled = 0;
        }
    }

    /// <summary>Moves bytes over until <paramref name="wanted"/> are pending or none are left.</summary>
    private void Take(ref ReadOnlySpan<byte> bytes, int wanted)
    {
        var count = Math.Clamp(wanted - _filled, 0, bytes.Length);
        bytes[..count].CopyTo(_pending.AsSpan(_filled));
        bytes = bytes[count..];
        _filled += count;
    }
}
