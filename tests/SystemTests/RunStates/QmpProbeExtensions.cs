using System.Text.Json.Nodes;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.RunStates;

/// <summary>What these tests ask of a real QEMU.</summary>
internal static class QmpProbeExtensions
{
    public static async Task WaitForRunStateAsync(this QmpProbe qmp, string runState) => await Eventually.ThatAsync(
        async () => (await qmp.ExecuteAsync("query-status"))?["status"]?.GetValue<string>() == runState, $"query-status says {runState}");

    /// <summary>Migrates to a shell command. The migration stops short of its end, in run state finish-migrate, if asked to.</summary>
    public static async Task MigrateAsync(this QmpProbe qmp, string shellCommand, bool pauseBeforeSwitchover = false)
    {
        var capability = new JsonObject { ["capability"] = "pause-before-switchover", ["state"] = pauseBeforeSwitchover };
        await qmp.ExecuteAsync("migrate-set-capabilities", new JsonObject { ["capabilities"] = new JsonArray(capability) });
        await qmp.ExecuteAsync("migrate", new JsonObject { ["uri"] = "exec:" + shellCommand });
    }

    /// <summary>netdev_add and device_add: a TAP opened by name, and the NIC nic0 on it.</summary>
    public static async Task AddTapAsync(this QmpProbe qmp, string ifname)
    {
        await qmp.ExecuteAsync("netdev_add", new JsonObject
        {
            ["type"] = "tap", ["id"] = "net0", ["ifname"] = ifname, ["script"] = "no", ["downscript"] = "no", ["vhost"] = false,
        });
        await qmp.ExecuteAsync("device_add", new JsonObject
        {
            ["driver"] = "virtio-net-pci", ["id"] = "nic0", ["netdev"] = "net0", ["romfile"] = "",
        });
    }

    /// <summary>
    /// device_del and netdev_del. No guest is there to let go of the NIC, so a reset does (hw/acpi/pcihp.c, acpi_pcihp_reset).
    /// </summary>
    public static async Task DeleteTapAsync(this QmpProbe qmp)
    {
        await qmp.ExecuteAsync("device_del", new JsonObject { ["id"] = "nic0" });
        await qmp.ExecuteAsync("system_reset");
        await qmp.WaitForEventAsync("DEVICE_DELETED");
        await qmp.ExecuteAsync("netdev_del", new JsonObject { ["id"] = "net0" });
    }
}
