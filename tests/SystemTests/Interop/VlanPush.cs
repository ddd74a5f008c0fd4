using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Interop;

/// <summary>
/// A five-instruction BPF program on a link's way out that tags every frame, as a VLAN-aware bridge in front of a guest's TAP does: the
/// tag goes into the skb's metadata, not into its bytes.
/// </summary>
internal sealed class VlanPush : IDisposable
{
    private const int BpfProgLoad = 5;
    private const int BpfLinkCreate = 28;
    private const int ProgramTypeSchedCls = 3;
    private const int AttachTypeTcxEgress = 47;
    private const int HelperSkbVlanPush = 18;

    private readonly SafeFileHandle _program;
    private readonly SafeFileHandle _link;

    private VlanPush(SafeFileHandle program, SafeFileHandle link)
    {
        _program = program;
        _link = link;
    }

    public static VlanPush Attach(NetworkNamespace ns, string ifname, ushort tci) => ns.Run(() =>
    {
        var program = Load(tci);
        Span<byte> attributes = stackalloc byte[32];
        attributes.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(attributes, (int)program.DangerousGetHandle());
        BinaryPrimitives.WriteUInt32LittleEndian(attributes[4..], LibC.InterfaceIndex(ifname));
        BinaryPrimitives.WriteInt32LittleEndian(attributes[8..], AttachTypeTcxEgress);
        return new VlanPush(program, Bpf(BpfLinkCreate, attributes, "BPF_LINK_CREATE"));
    });

    public void Dispose()
    {
        _link.Dispose();
        _program.Dispose();
    }

    private static unsafe SafeFileHandle Load(ushort tci)
    {
        // The context is in r1 already; r2 is the protocol 0x8100 in network order, r3 the tag.
        ulong[] instructions =
        [
            Instruction(0xb7, register: 2, immediate: 0x0081), Instruction(0xb7, register: 3, immediate: tci),
            Instruction(0x85, register: 0, immediate: HelperSkbVlanPush),
            Instruction(0xb7, register: 0, immediate: 0), Instruction(0x95, register: 0, immediate: 0),
        ];
        Span<byte> attributes = stackalloc byte[128];
        attributes.Clear();
        // SAFETY: the kernel reads both arrays during the call and keeps neither pointer.
        fixed (ulong* code = instructions)
        fixed (byte* license = "GPL\0"u8)
        {
            BinaryPrimitives.WriteInt32LittleEndian(attributes, ProgramTypeSchedCls);
            BinaryPrimitives.WriteInt32LittleEndian(attributes[4..], instructions.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(attributes[8..], (ulong)code);
            BinaryPrimitives.WriteUInt64LittleEndian(attributes[16..], (ulong)license);
            return Bpf(BpfProgLoad, attributes, "BPF_PROG_LOAD");
        }
    }

    /// <summary>struct bpf_insn (linux/bpf.h) on a little-endian machine: opcode, registers, offset, immediate.</summary>
    private static ulong Instruction(byte opcode, byte register, int immediate) =>
        opcode | ((ulong)register << 8) | ((ulong)(uint)immediate << 32);

    private static SafeFileHandle Bpf(int command, Span<byte> attributes, string what)
    {
        var number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 280 : 321;
        var descriptor = LibC.Check(LibC.SystemCall(number, command, ref attributes[0], attributes.Length), what);
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }
}
