namespace QmpRedirector.Vm;

/// <summary>One net client, which is one queue of a netdev or NIC, as <c>info network</c> shows it.</summary>
/// <param name="Name">The id, or QEMU's own name for one without ("virtio-net-pci.1", "#net182").</param>
/// <param name="Type">A NetClientDriver: "tap", "nic", "user", "hubport" ...</param>
/// <param name="Index">The queue, from 0.</param>
/// <param name="Details">Whatever the driver says of itself, after the type; often empty.</param>
internal sealed record InfoNetworkClient(string Name, string Type, int Index, string Details);
