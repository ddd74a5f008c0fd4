using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Interop;

/// <summary>
/// An eBPF program on a link's way out (tcx, Linux 6.6) that pushes VLAN tags on every frame, as 8021q would, which not every kernel has.
/// The last tag pushed stays in the skb's metadata, where the link's driver finds it; those before it are in the bytes.
/// </summary>
internal sealed class VlanTagger : IDisposable
{
    // linux/bpf.h: enum bpf_cmd, bpf_prog_type, bpf_attach_type, bpf_func_id.
    private const int ProgramLoad = 5;
    private const int LinkCreate = 28;
    private const int SchedulerClassifier = 3;
    private const int TcxEgress = 47;
    private const int SkbVlanPush = 18;

    // Opcodes of the instruction set (Documentation/bpf/standardization/instruction-set.rst).
    private const byte MoveImmediate = 0xb7;
    private const byte MoveRegister = 0xbf;
    private const byte Call = 0x85;
    private const byte Exit = 0x95;

    private readonly SafeFileHandle _program;
    private readonly SafeFileHandle _link;

    private VlanTagger(SafeFileHandle program, SafeFileHandle link)
    {
        _program = program;
        _link = link;
    }

    /// <param name="tags">The innermost first.</param>
    public static VlanTagger Attach(NetworkNamespace ns, string ifname, params (ushort Tpid, ushort Tci)[] tags) => ns.Run(() =>
    {
        var program = Load(Assemble(tags));
        Span<byte> attributes = stackalloc byte[32];
        attributes.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(attributes, (int)program.DangerousGetHandle());
        BinaryPrimitives.WriteUInt32LittleEndian(attributes[4..], LibC.InterfaceIndex(ifname));
        BinaryPrimitives.WriteInt32LittleEndian(attributes[8..], TcxEgress);
        return new VlanTagger(program, Bpf(LinkCreate, attributes, "BPF_LINK_CREATE"));
    });

    /// <summary>The program goes with its link.</summary>
    public void Dispose()
    {
        _link.Dispose();
        _program.Dispose();
    }

    /// <summary>bpf_skb_vlan_push(skb, protocol in network order, tci) for each tag, then TCX_PASS.</summary>
    private static ulong[] Assemble((ushort Tpid, ushort Tci)[] tags)
    {
        // r6 survives calls and keeps the skb.
        List<ulong> program = [Instruction(MoveRegister, destination: 6, source: 1)];
        foreach (var (tpid, tci) in tags)
        {
            program.Add(Instruction(MoveRegister, destination: 1, source: 6));
            program.Add(Instruction(MoveImmediate, destination: 2, immediate: BinaryPrimitives.ReverseEndianness(tpid)));
            program.Add(Instruction(MoveImmediate, destination: 3, immediate: tci));
            program.Add(Instruction(Call, immediate: SkbVlanPush));
        }

        return [.. program, Instruction(MoveImmediate, destination: 0, immediate: 0), Instruction(Exit)];
    }

    /// <summary>struct bpf_insn on a little-endian machine: opcode, destination and source register, offset, immediate.</summary>
    private static ulong Instruction(byte opcode, int destination = 0, int source = 0, int immediate = 0) =>
        opcode | ((ulong)(destination | (source << 4)) << 8) | ((ulong)(uint)immediate << 32);

    private static unsafe SafeFileHandle Load(ulong[] instructions)
    {
        Span<byte> attributes = stackalloc byte[128];
        attributes.Clear();

        // SAFETY: the kernel reads both arrays during the call and keeps neither pointer.
        fixed (ulong* code = instructions)
        fixed (byte* license = "GPL\0"u8)
        {
            BinaryPrimitives.WriteInt32LittleEndian(attributes, SchedulerClassifier);
            BinaryPrimitives.WriteInt32LittleEndian(attributes[4..], instructions.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(attributes[8..], (ulong)code);
            BinaryPrimitives.WriteUInt64LittleEndian(attributes[16..], (ulong)license);
            return Bpf(ProgramLoad, attributes, "BPF_PROG_LOAD");
        }
    }

    private static SafeFileHandle Bpf(int command, Span<byte> attributes, string what)
    {
        // SYS_bpf; the C library has no function for it.
        var number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 280 : 321;
        var descriptor = LibC.Check(LibC.SystemCall(number, command, ref attributes[0], attributes.Length), what);
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }
}
