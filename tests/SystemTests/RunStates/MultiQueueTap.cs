using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using QmpRedirector.SystemTests.Interop;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.RunStates;

/// <summary>
/// A TAP with two queues, both open here, as libvirt opens them. A child process inherits the descriptors under the same numbers.
/// </summary>
internal sealed class MultiQueueTap : IDisposable
{
    private const int IfNameSize = 16;

    private readonly SafeFileHandle[] _queues;
    private readonly byte[] _buffer = new byte[128 * 1024];

    private MultiQueueTap(SafeFileHandle[] queues) => _queues = queues;

    public int[] Descriptors => [.. _queues.Select(queue => (int)queue.DangerousGetHandle())];

    public static async Task<MultiQueueTap> OpenAsync(NetworkNamespace ns, string name)
    {
        var tap = ns.Run(() => new MultiQueueTap([OpenQueue(name), OpenQueue(name)]));
        await ns.ExecAsync("ip", "link", "set", name, "up");
        return tap;
    }

    /// <summary>Takes all that waits in a queue, and says how many frames that was.</summary>
    public int Drain(int queue)
    {
        for (var count = 0; ; count++)
        {
            if (LibC.Read(_queues[queue], _buffer, _buffer.Length) > 0) continue;
            Assert.That(Marshal.GetLastPInvokeError(), Is.EqualTo(Linux.Eagain), $"read queue {queue}");
            return count;
        }
    }

    public void Dispose()
    {
        foreach (var queue in _queues) queue.Dispose();
    }

    private static SafeFileHandle OpenQueue(string name)
    {
        var file = LibC.Check(LibC.Open("/dev/net/tun", Linux.OpenReadWrite | Linux.OpenNonBlocking), "open /dev/net/tun");
        Span<byte> request = stackalloc byte[40];
        request.Clear();
        Encoding.ASCII.GetBytes(name, request[..(IfNameSize - 1)]);
        MemoryMarshal.Write(request[IfNameSize..], (ushort)(Linux.IffTap | Linux.IffNoPi | Linux.IffVnetHdr | Linux.IffMultiQueue));
        LibC.Check(LibC.Ioctl(file, Linux.TunSetIff, ref request[0]), $"TUNSETIFF {name}");
        return file;
    }
}
