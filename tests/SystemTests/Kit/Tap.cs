using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using QmpRedirector.SystemTests.Interop;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>
/// A TAP of which the test itself is the reader, as QEMU or vhost is of a guest's: what <see cref="Read"/> returns is what the guest gets
/// (virtio-net header and frame), what <see cref="Write"/> is given is what the guest sends.
/// </summary>
internal sealed class Tap : IDisposable
{
    private const int IfNameSize = 16;

    private readonly NetworkNamespace _namespace;
    private readonly SafeFileHandle _file;
    private readonly byte[] _buffer = new byte[128 * 1024];

    private Tap(NetworkNamespace ns, string name, int vnetHeaderLength, SafeFileHandle file)
    {
        _namespace = ns;
        _file = file;
        Name = name;
        VnetHeaderLength = vnetHeaderLength;
    }

    public string Name { get; }

    public int VnetHeaderLength { get; }

    /// <summary>
    /// The descriptor's number, which a child process inherits under the same number if it was opened <c>inheritable</c>.
    /// </summary>
    public int Descriptor => (int)_file.DangerousGetHandle();

    /// <summary>A TAP that stays when nobody holds it, for QEMU to open by name.</summary>
    public static async Task CreatePersistentAsync(NetworkNamespace ns, string name)
    {
        await ns.ExecAsync("ip", "tuntap", "add", "dev", name, "mode", "tap", "vnet_hdr");
        await ns.ExecAsync("ip", "link", "set", name, "up");
    }

    /// <summary>
    /// Opens and creates a TAP that lives as long as this object, with all offloads on, as after a Linux guest's driver is up.
    /// </summary>
    public static async Task<Tap> OpenAsync(NetworkNamespace ns, string name, int vnetHeaderLength = 12, bool inheritable = false)
    {
        var tap = ns.Run(() =>
        {
            var flags = Linux.OpenReadWrite | Linux.OpenNonBlocking | (inheritable ? 0 : Linux.OpenCloseOnExec);
            var file = LibC.Check(LibC.Open("/dev/net/tun", flags), "open /dev/net/tun");
            Span<byte> request = stackalloc byte[40];
            request.Clear();
            Encoding.ASCII.GetBytes(name, request[..(IfNameSize - 1)]);
            var mode = (ushort)(Linux.IffTap | Linux.IffNoPi | (vnetHeaderLength > 0 ? Linux.IffVnetHdr : 0));
            MemoryMarshal.Write(request[IfNameSize..], in mode);
            LibC.Check(LibC.Ioctl(file, Linux.TunSetIff, ref request[0]), $"TUNSETIFF {name}");
            if (vnetHeaderLength > 0)
                LibC.Check(LibC.Ioctl(file, Linux.TunSetVnetHdrSize, ref vnetHeaderLength), "TUNSETVNETHDRSZ");

            var opened = new Tap(ns, name, vnetHeaderLength, file);
            if (vnetHeaderLength > 0) opened.TurnOffloadsOn();
            return opened;
        });
        await ns.ExecAsync("ip", "link", "set", name, "up");
        return tap;
    }

    public static async Task<LinkCounters> CountersAsync(NetworkNamespace ns, string name) =>
        LinkCounters.Parse(await ns.ExecAsync("ip", "-j", "-s", "link", "show", "dev", name));

    public Task<LinkCounters> CountersAsync() => CountersAsync(_namespace, Name);

    /// <summary>As a guest's driver does; a QEMU that is given the TAP turns them off until then.</summary>
    public void TurnOffloadsOn() => LibC.Check(LibC.Ioctl(_file, Linux.TunSetOffload, Linux.TunOffloads), "TUNSETOFFLOAD");

    /// <summary>The next frame towards the guest, virtio-net header first.</summary>
    public byte[] Read()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < Eventually.Deadline)
        {
            var waiting = new PollFd { File = Descriptor, Events = Linux.PollIn };
            if (LibC.Poll(ref waiting, 1, (int)Eventually.Deadline.TotalMilliseconds) <= 0) continue;
            // The kernel writes ten of the header's bytes and leaves the others as they were.
            _buffer.AsSpan(0, VnetHeaderLength).Clear();
            var length = LibC.Read(_file, _buffer, _buffer.Length);
            if (length > 0) return _buffer[..(int)length];
            Assert.That(Marshal.GetLastPInvokeError(), Is.EqualTo(Linux.Eagain).Or.EqualTo(Linux.Eintr), $"read {Name}");
        }

        Assert.Fail($"No frame arrived at the reader of {Name}.");
        return [];
    }

    /// <summary>Sends a frame as the guest would, a complete one unless a virtio-net header is given.</summary>
    public void Write(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> vnetHeader = default)
    {
        Span<byte> packet = new byte[VnetHeaderLength + frame.Length];
        vnetHeader.CopyTo(packet);
        frame.CopyTo(packet[VnetHeaderLength..]);
        LibC.Check(LibC.Write(_file, packet, packet.Length), $"write {Name}");
    }

    public void Dispose() => _file.Dispose();
}
