using System.Buffers.Binary;

namespace QmpRedirector.Net;

/// <summary>
/// Gets the Ethernet frames out of a capture file: pcap as libpcap writes it (draft-ietf-opsawg-pcap: both byte orders, microseconds and
/// nanoseconds) or pcapng (draft-ietf-opsawg-pcapng: every packet block; what is not known is skipped).
/// </summary>
/// <remarks>
/// Fill <see cref="GetMemory"/>, say how much with <see cref="Advance"/>, then take frames with <see cref="TryRead"/> until there is none;
/// start again, and at the end of the file call <see cref="Complete"/>. Frames are not copied and nothing is allocated for them. Whatever
/// the bytes are, the only exception they cause is <see cref="PcapException"/>. Not for two threads at once.
/// </remarks>
public sealed class PcapReader
{
    private readonly PcapBuffer _file;
    private IPcapFormat? _format;

    /// <summary>A reader at the beginning of a file.</summary>
    public PcapReader()
        : this(new PcapBuffer())
    {
    }

    /// <summary>A reader with less room, for tests by the million.</summary>
    internal PcapReader(PcapBuffer file) => _file = file;

    /// <summary>Where to put what is read next; never empty. Frames given out before are overwritten.</summary>
    /// <exception cref="InvalidOperationException">
    /// The buffer is full of frames that <see cref="TryRead"/> has not been asked for.
    /// </exception>
    public Memory<byte> GetMemory() => _file.GetMemory();

    /// <summary>Says that <paramref name="count"/> bytes were put at the front of what <see cref="GetMemory"/> gave.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It had not that much room.</exception>
    public void Advance(int count) => _file.Advance(count);

    /// <summary>Takes the next frame.</summary>
    /// <returns>False when there is none yet.</returns>
    /// <exception cref="PcapException">The file is none that can be read, or broken; so it stays.</exception>
    public bool TryRead(out PcapFrame frame)
    {
        frame = default;
        if (_format is null && _file.TryPeek(sizeof(uint), out var magic))
            _format = FormatOf(BinaryPrimitives.ReadUInt32BigEndian(magic.Span));
        return _format is not null && _format.TryRead(_file, out frame);
    }

    /// <summary>Says that the file ends here.</summary>
    /// <exception cref="PcapException">It was cut off, or is empty.</exception>
    public void Complete()
    {
        if (_format is null)
            throw new PcapException(0, "the file is too short for a capture file (pcap or pcapng)");
        if (!_file.IsEmpty)
            throw new PcapException(_file.Position, "the file is cut off here or in what precedes this byte");
    }

    private static IPcapFormat FormatOf(uint magic) => magic switch
    {
        0xa1b2c3d4 => new ClassicPcapFormat(bigEndian: true, nanoseconds: false),
        0xd4c3b2a1 => new ClassicPcapFormat(bigEndian: false, nanoseconds: false),
        0xa1b23c4d => new ClassicPcapFormat(bigEndian: true, nanoseconds: true),
        0x4d3cb2a1 => new ClassicPcapFormat(bigEndian: false, nanoseconds: true),
        PcapngFormat.SectionHeader => new PcapngFormat(),
        0xa1b2cd34 or 0x34cdb2a1 => throw new PcapException(0, "this is 'modified' pcap (Kuznetzov's): convert it with editcap"),
        0x28b52ffd => throw new PcapException(0, "the file is compressed with zstd: decompress it first"),
        0x04224d18 => throw new PcapException(0, "the file is compressed with lz4: decompress it first"),
        _ when magic >> 16 == 0x1f8b => throw new PcapException(0, "the file is compressed with gzip: decompress it first"),
        _ => throw new PcapException(0, $"this is no capture file: neither pcap nor pcapng begins with 0x{magic:x8}"),
    };
}
