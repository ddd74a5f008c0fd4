using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net.Tests.Capture;

/// <summary>
/// Runs a classic BPF program as Documentation/networking/filter.rst describes the machine, as far as these programs go: load the packet
/// type or the length, compare, return. Anything else is an error, as the kernel's own checker would make it.
/// </summary>
internal static class ClassicBpf
{
    private const ushort LoadByteAbsolute = 0x30;
    private const ushort LoadLength = 0x80;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfGreater = 0x25;
    private const ushort Return = 0x06;

    // SKF_AD_OFF + SKF_AD_PKTTYPE.
    private const uint PacketTypeOffset = 0xfffff004;

    /// <summary>How many bytes of the frame are kept; 0 drops it.</summary>
    internal static uint Run(ReadOnlySpan<sock_filter> program, byte packetType, uint length)
    {
        uint accumulator = 0;
        for (var at = 0; at < program.Length; at++)
        {
            var instruction = program[at];
            switch (instruction.code)
            {
                case LoadByteAbsolute when instruction.k == PacketTypeOffset:
                    accumulator = packetType;
                    break;
                case LoadLength:
                    accumulator = length;
                    break;
                case JumpIfGreater:
                    at += accumulator > instruction.k ? instruction.jt : instruction.jf;
                    break;
                case JumpIfEqual:
                    at += accumulator == instruction.k ? instruction.jt : instruction.jf;
                    break;
                case Return:
                    return instruction.k;
                default:
                    throw new InvalidOperationException($"instruction {at}: code {instruction.code:x}, k {instruction.k:x}");
            }
        }

        throw new InvalidOperationException("the program runs off its end");
    }
}
