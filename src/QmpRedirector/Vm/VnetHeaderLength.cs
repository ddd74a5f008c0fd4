namespace QmpRedirector.Vm;

/// <summary>The virtio-net header QEMU keeps before each frame of a netdev (virtio-net.c, host_hdr_len).</summary>
/// <param name="Bytes">0, 10, 12, 20 or 24; null when QEMU cannot tell.</param>
/// <param name="Final">Whether it stays until the device is reset: the driver is up, or no driver could change it.</param>
/// <param name="How">What it was read from, for people.</param>
/// <param name="Mac">The NIC's address as QEMU writes it; null when no NIC was found.</param>
/// <param name="VhostStarted">Whether vhost moves its packets at this moment; null when QEMU does not tell.</param>
internal sealed record VnetHeaderLength(int? Bytes, bool Final, string How, string? Mac = null, bool? VhostStarted = null);
