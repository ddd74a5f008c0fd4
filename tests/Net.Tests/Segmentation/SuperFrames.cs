using CsCheck;

namespace QmpRedirector.Net.Tests;

/// <summary>Super-frames of every kind there is, by chance.</summary>
internal static class SuperFrames
{
    private static readonly Gen<(ushort, ushort)[]> _tags = Gen.Select(Gen.OneOf<ushort>(0x8100, 0x88a8), Gen.UShort).Array[0, 2];

    private static readonly Gen<(byte, byte[])[]> _extensions =
        Gen.Select(Gen.OneOf<byte>(0, 43, 60), Gen.Int[0, 5].SelectMany(units => Gen.Byte.Array[6 + (8 * units)])).Array[0, 3];

    private static readonly Gen<byte[]> _options = Gen.Int[0, 10].SelectMany(words => Gen.Byte.Array[4 * words]);

    // A datagram or segment longer than its IP header can tell is nothing the kernel makes.
    private static readonly Gen<int> _lengths =
        Gen.Frequency((60, Gen.Int[0, 300]), (30, Gen.Int[300, 9000]), (9, Gen.Int[9000, 30_000]), (1, Gen.Int[60_000, 65_200]));

    private static readonly Gen<int> _sizes =
        Gen.Frequency((1, Gen.Int[1, 8]), (5, Gen.Int[8, 300]), (5, Gen.Int[300, 9000]), (1, Gen.Int[9000, 65535]));

    public static Gen<SuperFrame> Any { get; } = Gen.Select(
        Gen.Select(_tags, _options, _extensions, Gen.UShort, Gen.OneOf<ushort>(0, 0x4000), Gen.Byte),
        Gen.Select(Gen.UInt, Gen.Byte, _options, _lengths.SelectMany(length => Gen.Byte.Array[length]), _sizes),
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool),
        (network, transport, kind) => new SuperFrame
        {
            Tags = network.Item1, IpOptions = network.Item2, Extensions = network.Item3, Id = network.Item4, Fragment = network.Item5,
            Tos = network.Item6, Sequence = transport.Item1, Flags = transport.Item2, TcpOptions = transport.Item3,
            Payload = transport.Item4, Mss = transport.Item5, Ip6 = kind.Item1, Tcp = kind.Item2, Unfinished = kind.Item3 || !kind.Item2,
        });
}
