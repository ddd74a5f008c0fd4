using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net.Tests.Abi;

/// <summary>
/// What the library says of the kernel's and libc's ABI, as C expressions. It is read off the types, so a new constant or structure is
/// claimed by itself: a name the headers do not know does not compile.
/// </summary>
internal static class InteropClaims
{
    private const BindingFlags AnyStatic = BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public;

    // Constants that put two of the headers' names together, or are narrower than C's int.
    private static readonly Dictionary<string, string> _spelledOtherwise = new(StringComparer.Ordinal)
    {
        ["BPF_LD_B_ABS"] = "BPF_LD | BPF_B | BPF_ABS",
        ["BPF_LD_W_LEN"] = "BPF_LD | BPF_W | BPF_LEN",
        ["BPF_JMP_JGT_K"] = "BPF_JMP | BPF_JGT | BPF_K",
        ["BPF_JMP_JEQ_K"] = "BPF_JMP | BPF_JEQ | BPF_K",
        ["BPF_RET_K"] = "BPF_RET | BPF_K",
        ["SKF_AD_PKTTYPE_ABS"] = "(unsigned)(SKF_AD_OFF + SKF_AD_PKTTYPE)",
        ["NLA_TYPE_MASK"] = "(unsigned short)NLA_TYPE_MASK",
    };

    // Numbers that stand where they are used. Not GsoUdpL4 and TunnelSize, which Debian 12's headers (6.1) do not have yet; the kernel's
    // own frames prove the former (tests/SystemTests/Wire).
    private static readonly (Type Type, string Constant, string C)[] _elsewhere =
    [
        (typeof(FileKinds), "StatxLength", "sizeof(struct statx)"),
        (typeof(FileKinds), "ModeOffset", "offsetof(struct statx, stx_mode)"),
        (typeof(ProcessExit), "SYS_pidfd_open", "SYS_pidfd_open"),
        (typeof(GracePeriod), "MEMBARRIER_CMD_GLOBAL", "MEMBARRIER_CMD_GLOBAL"),
        (typeof(GracePeriod), RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "OnArm64" : "OnX64", "SYS_membarrier"),
        (typeof(SendBatch), "Capacity", "UIO_MAXIOV"),
        (typeof(LinkMessage), "HeaderLength", "NLMSG_HDRLEN"),
        (typeof(LinkMessage), "LinkHeaderLength", "NLMSG_ALIGN(sizeof(struct ifinfomsg))"),
        (typeof(LinkMessage), "AttributeHeaderLength", "RTA_LENGTH(0)"),
        (typeof(ChardevSockets), "LongestPath", "sizeof(((struct sockaddr_un *)0)->sun_path) - 1"),
        (typeof(VnetHeader), "LegacySize", "sizeof(struct virtio_net_hdr)"),
        (typeof(VnetHeader), "MergeableSize", "sizeof(struct virtio_net_hdr_v1)"),
        (typeof(VnetHeader), "HashSize", "sizeof(struct virtio_net_hdr_v1_hash)"),
        (typeof(VnetHeader), "NeedsChecksumFlag", "VIRTIO_NET_HDR_F_NEEDS_CSUM"),
        (typeof(VnetHeader), "DataValidFlag", "VIRTIO_NET_HDR_F_DATA_VALID"),
        (typeof(VnetHeader), "GsoNone", "VIRTIO_NET_HDR_GSO_NONE"),
        (typeof(VnetHeader), "GsoTcpV4", "VIRTIO_NET_HDR_GSO_TCPV4"),
        (typeof(VnetHeader), "GsoUdp", "VIRTIO_NET_HDR_GSO_UDP"),
        (typeof(VnetHeader), "GsoTcpV6", "VIRTIO_NET_HDR_GSO_TCPV6"),
        (typeof(VnetHeader), "GsoEcn", "VIRTIO_NET_HDR_GSO_ECN"),
    ];

    // A slot's address stands behind its header, and its frame after Overhead bytes at most (net/packet/af_packet.c, tpacket_rcv).
    private static readonly string[] _assumed =
    [
        "sizeof(((struct statx *)0)->stx_mode) == 2",
        "TPACKET2_HDRLEN == TPACKET_ALIGN(sizeof(struct tpacket2_hdr)) + sizeof(struct sockaddr_ll)",
        "TPACKET3_HDRLEN == TPACKET_ALIGN(sizeof(struct tpacket3_hdr)) + sizeof(struct sockaddr_ll)",
        "NLMSG_ALIGNTO == 4 && RTA_ALIGNTO == 4",
    ];

    internal static IEnumerable<string> Constants() =>
        from type in (Type[])[typeof(Constants), typeof(Errno)]
        from constant in type.GetFields(AnyStatic)
        select Equal(_spelledOtherwise.GetValueOrDefault(constant.Name, constant.Name), constant.GetRawConstantValue()!);

    internal static IEnumerable<string> Elsewhere() =>
    [
        .. _elsewhere.Select(number => Equal(number.C, number.Type.GetField(number.Constant, AnyStatic)!.GetRawConstantValue()!)),
        .. _assumed,
    ];

    /// <summary>Structures with the C library's names (lower case); those of the library's own begin with a capital.</summary>
    internal static IEnumerable<Type> Structures() => typeof(Constants).Assembly.GetTypes()
        .Where(type => type is { IsValueType: true, IsEnum: false, IsNested: false, Namespace: "QmpRedirector.Net.Interop" })
        .Where(type => char.IsLower(type.Name[0]));

    internal static IEnumerable<string> Layout(Type structure)
    {
        var name = $"struct {structure.Name}";
        yield return $"sizeof({name}) == {Marshal.SizeOf(structure)}";
        foreach (var field in structure.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public))
        {
            yield return $"offsetof({name}, {field.Name}) == {Marshal.OffsetOf(structure, field.Name)}";
            yield return $"sizeof((({name} *)0)->{field.Name}) == {SizeOf(field.FieldType)}";
        }
    }

    private static string Equal(string c, object value) =>
        string.Create(CultureInfo.InvariantCulture, $"(long long)({c}) == {Convert.ToInt64(value, CultureInfo.InvariantCulture)}LL");

    private static int SizeOf(Type field) => field.IsPointer ? IntPtr.Size : Marshal.SizeOf(field);
}
