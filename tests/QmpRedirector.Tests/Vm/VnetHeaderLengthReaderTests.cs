using System.Text.Json;
using QmpRedirector.Qmp;
using QmpRedirector.Testing;
using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Vm;

public sealed class VnetHeaderLengthReaderTests
{
    private const string Offered = "VIRTIO_NET_F_MRG_RXBUF VIRTIO_NET_F_GUEST_CSUM VIRTIO_NET_F_CSUM";
    private const string Up = "VIRTIO_CONFIG_S_ACKNOWLEDGE VIRTIO_CONFIG_S_DRIVER VIRTIO_CONFIG_S_FEATURES_OK VIRTIO_CONFIG_S_DRIVER_OK";

    // transports, dev-features, statuses: as a VirtioStatus lists them, without the explanations.
    [TestCase("", "", "", 10, false)]
    [TestCase("", "", "VIRTIO_CONFIG_S_ACKNOWLEDGE VIRTIO_CONFIG_S_DRIVER", 10, false)]
    [TestCase("", "VIRTIO_NET_F_MAC", "VIRTIO_CONFIG_S_DRIVER VIRTIO_CONFIG_S_DRIVER_OK", 10, true)]
    [TestCase("", "VIRTIO_NET_F_MRG_RXBUF", Up, 12, true)]
    [TestCase("VIRTIO_F_VERSION_1", "VIRTIO_NET_F_MAC", "VIRTIO_CONFIG_S_DRIVER VIRTIO_CONFIG_S_FEATURES_OK", 12, false)]
    [TestCase("VIRTIO_F_VERSION_1", "", Up, 12, true)]
    [TestCase("VIRTIO_F_VERSION_1", "VIRTIO_NET_F_MRG_RXBUF", Up, 12, true)]
    [TestCase("VIRTIO_F_VERSION_1", "VIRTIO_NET_F_MRG_RXBUF VIRTIO_NET_F_HASH_REPORT", Up, 20, true)]
    [TestCase("VIRTIO_F_VERSION_1", "VIRTIO_NET_F_HASH_REPORT VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO", Up, 24, true)]
    [TestCase("VIRTIO_F_VERSION_1", "VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO", Up, 24, true)]
    [TestCase("", "VIRTIO_NET_F_HASH_REPORT", Up, 10, true)]
    public void The_length_follows_the_negotiated_features(string transports, string features, string statuses, int bytes, bool final)
    {
        var length = VnetHeaderLengthReader.FromStatus(JsonElement.Parse(Status(transports, features, statuses)), "/nic");

        Assert.That((length.Bytes, length.Final), Is.EqualTo(((int?)bytes, final)));
    }

    [TestCase("/machine/peripheral/nic0", "virtio-net-pci", "/machine/peripheral/nic0/virtio-backend")]
    [TestCase("/machine/peripheral-anon/device[0]", "virtio-net-pci", "/machine/peripheral-anon/device[0]/virtio-backend")]
    [TestCase("/machine/unattached/device[27]", "virtio-net-ccw", "/machine/unattached/device[27]/virtio-backend")]
    [TestCase("/machine/peripheral/nic0", "virtio-net-device", "/machine/peripheral/nic0")]
    public async Task The_NIC_is_found_by_its_netdev_wherever_QEMU_keeps_it(string path, string type, string device)
    {
        await using var vm = FakeVm.Start();
        vm.Qom.AddObject("/machine/peripheral/disk0", "virtio-blk-pci").AddObject("/machine/peripheral/nic9", "virtio-net-pci")
            .Set("/machine/peripheral/nic9", "netdev", "\"net9\"");
        AddNic(vm, path, type);
        vm.VirtioStatus[device] = Status("VIRTIO_F_VERSION_1", "VIRTIO_NET_F_MRG_RXBUF", Up);

        var length = await ReadAsync(vm, "net0");

        Assert.That((length.Bytes, length.Final, length.Mac), Is.EqualTo(((int?)12, true, "52:54:00:12:34:56")));
        Assert.That(length.How, Does.Contain(path).And.Contain("VERSION_1"));
    }

    [Test]
    public async Task A_NIC_that_is_not_virtio_has_no_header()
    {
        await using var vm = FakeVm.Start();
        vm.Qom.AddObject("/machine/peripheral/e0", "e1000").Set("/machine/peripheral/e0", "netdev", "\"net0\"")
            .Set("/machine/peripheral/e0", "mac", "\"52:54:00:12:34:56\"");

        var length = await ReadAsync(vm, "net0");

        Assert.That((length.Bytes, length.Final, length.Mac), Is.EqualTo(((int?)0, true, "52:54:00:12:34:56")));
    }

    [TestCase("csum", "VIRTIO_NET_F_GUEST_CSUM")]
    [TestCase("guest_csum", "VIRTIO_NET_F_CSUM")]
    public async Task A_checksum_feature_the_device_withdrew_tells_that_its_netdev_has_no_header(string asked, string offered)
    {
        await using var vm = FakeVm.Start();
        AddNic(vm, "/machine/peripheral/nic0", "virtio-net-pci");
        vm.Qom.Set("/machine/peripheral/nic0", "csum", asked == "csum" ? "true" : "false")
            .Set("/machine/peripheral/nic0", "guest_csum", "true");
        vm.VirtioStatus["/machine/peripheral/nic0/virtio-backend"] = Status("VIRTIO_F_VERSION_1", "", Up, offered);

        var length = await ReadAsync(vm, "net0");

        Assert.That((length.Bytes, length.Final), Is.EqualTo(((int?)0, true)));
    }

    [Test]
    public async Task A_NIC_whose_user_turned_the_checksums_off_has_its_header_still()
    {
        await using var vm = FakeVm.Start();
        AddNic(vm, "/machine/peripheral/nic0", "virtio-net-pci");
        vm.Qom.Set("/machine/peripheral/nic0", "csum", "false").Set("/machine/peripheral/nic0", "guest_csum", "false");
        vm.VirtioStatus["/machine/peripheral/nic0/virtio-backend"] = Status("VIRTIO_F_VERSION_1", "", Up, "VIRTIO_NET_F_MAC");

        Assert.That((await ReadAsync(vm, "net0")).Bytes, Is.EqualTo(12));
    }

    [Test]
    public async Task Without_a_NIC_it_is_unknown()
    {
        await using var vm = FakeVm.Start();

        var length = await ReadAsync(vm, "net0");

        Assert.That((length.Bytes, length.Final, length.Mac), Is.EqualTo(((int?)null, false, (string?)null)));
    }

    [Test]
    public async Task Without_the_command_it_is_unknown()
    {
        await using var vm = FakeVm.Start();
        AddNic(vm, "/machine/peripheral/nic0", "virtio-net-pci");
        vm.Handlers.TryRemove("x-query-virtio-status", out _);

        var length = await ReadAsync(vm, "net0");

        Assert.That(length.Bytes, Is.Null);
        Assert.That(length.How, Does.Contain("x-query-virtio-status has not been found"));
    }

    [TestCase("[]")]
    [TestCase("3")]
    [TestCase("""{"status": [], "guest-features": {"transports": 1, "dev-features": [2]}}""")]
    public void An_answer_of_another_shape_reads_as_no_features(string json) =>
        Assert.That(VnetHeaderLengthReader.FromStatus(JsonElement.Parse(json), "/nic").Bytes, Is.EqualTo(10));

    private static void AddNic(FakeVm vm, string path, string type)
    {
        vm.Qom.AddObject(path, type).Set(path, "netdev", "\"net0\"").Set(path, "mac", "\"52:54:00:12:34:56\"").Set(path, "csum", "true");
        if (type != "virtio-net-device")
            vm.Qom.AddObject($"{path}/virtio-backend", "virtio-net-device");
    }

    private static string Status(string transports, string features, string statuses, string offered = Offered) => $$"""
        {"status": {"statuses": {{List(statuses)}}},
         "host-features": {"unknown-dev-features": 1099511627776, "dev-features": {{List(offered)}}, "transports": []},
         "guest-features": {"dev-features": {{List(features)}}, "transports": {{List(transports)}} } }
        """;

    private static string List(string words) =>
        $"[{string.Join(", ", words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => $"\"{w}: what it means\""))}]";

    private static async Task<VnetHeaderLength> ReadAsync(FakeVm vm, string netdev)
    {
        await using var client = new QmpClient(new QmpClientOptions { Address = vm.Address });
        await client.ConnectAsync();
        return await VnetHeaderLengthReader.ReadAsync(client, netdev, CancellationToken.None);
    }
}
