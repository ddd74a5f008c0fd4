using System.Buffers.Binary;

namespace QmpRedirector.Net.Tests;

/// <summary>Takes a little-endian pcapng file apart by the draft's rules, and fails where one is broken.</summary>
internal static class PcapngFile
{
    public sealed record Block(uint Type, byte[] Body, int FixedSize)
    {
        /// <summary>The body's fixed part, or in a packet's block all before the options.</summary>
        public Span<byte> Fixed => Body.AsSpan(0, FixedSize);

        public uint Word(int index) => BinaryPrimitives.ReadUInt32LittleEndian(Body.AsSpan(index * 4));

        public List<(ushort Code, byte[] Value)> Options { get; } = ReadOptions(Body.AsSpan(FixedSize));
    }

    public static List<Block> Parse(byte[] file)
    {
        var blocks = new List<Block>();
        for (var rest = file.AsSpan(); !rest.IsEmpty;)
        {
            var type = BinaryPrimitives.ReadUInt32LittleEndian(rest);
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest[4..]);
            Assert.That(length % 4, Is.Zero, "a block is aligned to 32 bits");
            Assert.That(BinaryPrimitives.ReadInt32LittleEndian(rest[(length - 4)..]), Is.EqualTo(length), "both lengths are the same");
            var body = rest[8..(length - 4)].ToArray();
            blocks.Add(new Block(type, body, FixedSize(type, body)));
            rest = rest[length..];
        }

        return blocks;
    }

    private static int FixedSize(uint type, byte[] body) => type switch
    {
        0x0A0D0D0A => 16,
        1 => 8,
        5 => 12,
        6 => 20 + (BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan(12)) + 3) / 4 * 4,
        _ => throw new AssertionException($"block type {type} is not expected"),
    };

    private static List<(ushort Code, byte[] Value)> ReadOptions(ReadOnlySpan<byte> bytes)
    {
        var options = new List<(ushort, byte[])>();
        while (!bytes.IsEmpty)
        {
            var code = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
            var padded = (length + 3) / 4 * 4;
            if (code == 0)
            {
                Assert.That((length, bytes.Length), Is.EqualTo((0, 4)), "opt_endofopt is empty and last");
                return options;
            }

            options.Add((code, bytes.Slice(4, length).ToArray()));
            Assert.That(bytes[(4 + length)..(4 + padded)].ContainsAnyExcept((byte)0), Is.False, "padding is zero");
            bytes = bytes[(4 + padded)..];
        }

        Assert.That(options, Is.Empty, "options end with opt_endofopt");
        return options;
    }
}
