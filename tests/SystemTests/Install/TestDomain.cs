namespace QmpRedirector.SystemTests.Install;

/// <summary>Domain XML for libvirt: a VM without a guest, with one NIC on a TAP that libvirt makes.</summary>
internal static class TestDomain
{
    /// <summary>The chardev its sidecar connects to, in a lab's folder.</summary>
    public const string Chardev = "m0.sock";

    public const string Metadata = $"""
        <qr:redirector xmlns:qr='urn:qmp-redirector:domain:1'>
          <qr:chardev>socket,id=m0,path=/run/lab/{Chardev}</qr:chardev>
          <qr:object>filter-redirector,id=f0,netdev=hostnet0,queue=tx,outdev=m0,vnet_hdr_len=0</qr:object>
        </qr:redirector>
        """;

    /// <summary>Without a guest a PCI device stays until the VM ends; a USB device is gone at once.</summary>
    public const string UsbNic = """
        <interface type='ethernet'>
          <mac address='52:54:00:aa:bb:02'/>
          <model type='usb-net'/>
          <address type='usb' bus='0' port='1'/>
        </interface>
        """;

    private const string PciNic = """
        <interface type='ethernet'>
          <mac address='52:54:00:aa:bb:02'/>
          <model type='virtio'/>
          <rom enabled='no'/>
        </interface>
        """;

    /// <param name="ownMonitor">A monitor beside libvirt's, which the hook finds by itself.</param>
    public static string Xml(string name, string metadata, bool ownMonitor = true, string nic = PciNic) => $"""
        <domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
          <name>{name}</name>
          <metadata>{metadata}</metadata>
          <memory unit='MiB'>32</memory>
          <vcpu>1</vcpu>
          <os><type arch='x86_64' machine='pc'>hvm</type></os>
          <devices>
            <emulator>/usr/bin/qemu-system-x86_64</emulator>
            <controller type='usb' model='{(nic == UsbNic ? "piix3-uhci" : "none")}'/>
            {nic}
            <memballoon model='none'/>
          </devices>
          {(ownMonitor ? Monitor(name) : "")}
        </domain>
        """;

    private static string Monitor(string name) => $"""
        <qemu:commandline>
          <qemu:arg value='-qmp'/>
          <qemu:arg value='unix:/run/qmp-redirector/qemu/{name}.qmp,server=on,wait=off'/>
        </qemu:commandline>
        """;
}
