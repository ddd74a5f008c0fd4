using System.Text.Json.Nodes;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.LabTests;

/// <summary>The proof that a guest's packets do not pass through QEMU.</summary>
internal static class Vhost
{
    /// <summary>QEMU says that vhost has started, has /dev/vhost-net open, and the kernel has a thread, once for each queue.</summary>
    public static async Task IsActiveAsync(QemuProcess qemu, string nic, int queues = 1)
    {
        await Eventually.ThatAsync(() => HasStartedAsync(qemu, nic), "QEMU says vhost-started");
        Assert.That(Threads(qemu.Id, $"vhost-{qemu.Id}"), Is.EqualTo(queues), "the kernel's vhost threads of this QEMU");
        var files = Directory.GetFiles($"/proc/{qemu.Id}/fd")
            .Select(file => File.ResolveLinkTarget(file, returnFinalTarget: false)?.FullName);
        Assert.That(files.Count(file => file == "/dev/vhost-net"), Is.EqualTo(queues), "QEMU's descriptors of /dev/vhost-net");
    }

    /// <param name="qemu">It is asked.</param>
    /// <param name="nic">The NIC's id.</param>
    public static async Task<bool> HasStartedAsync(QemuProcess qemu, string nic)
    {
        var path = new JsonObject { ["path"] = $"/machine/peripheral/{nic}/virtio-backend" };
        var status = await qemu.Qmp.ExecuteAsync("x-query-virtio-status", path);
        return status!["vhost-started"]!.GetValue<bool>();
    }

    /// <summary>Threads of the kernel, and since Linux 6.4 of the process that has opened vhost.</summary>
    public static int Threads(int process, string name) =>
        Directory.GetDirectories("/proc").Concat(Directory.GetDirectories($"/proc/{process}/task"))
            .Count(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0]) && NameOf(folder) == name);

    private static string NameOf(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "comm")).Trim();
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return "";
        }
    }
}
