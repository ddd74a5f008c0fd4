namespace QmpRedirector.Tests.Vm;

/// <summary>What QEMU 7.2.22 answered to "info network", but for its CR LF line ends, which <see cref="AsQemu"/> gives back.</summary>
internal static class InfoNetworkSamples
{
    /// <summary>Every kind of netdev that needs no other process, with NICs, filters and queues.</summary>
    public const string Many = """
        hub 0
         \ hp0
        st0: index=0,type=stream,
        dg0: index=0,type=dgram,udp=127.0.0.1:5555/127.0.0.1:5556
        nonic0: index=0,type=tap,ifname=tapnonic,script=no,downscript=no
        br0: index=0,type=tap,helper=/tmp/vm/helper.py,br=br7
        s0: index=0,type=socket,
        odd_id-1.x: index=0,type=tap,fd=6
        nic0: index=0,type=nic,model=virtio-net-pci,macaddr=52:54:00:12:34:56
         \ net0: index=0,type=tap,ifname=tapif0,script=no,downscript=no
        filters:
          - fr0: type=filter-redirector,vnet_hdr_support=false,indev=,outdev=fc2,position=tail,status=on,insert=behind,netdev=net0,queue=rx
          - fb0: type=filter-buffer,interval=1000,position=tail,status=off,insert=behind,netdev=net0,queue=all
        virtio-net-pci.1: index=0,type=nic,model=virtio-net-pci,macaddr=52:54:00:12:34:57
         \ hostnet1: index=0,type=tap,fd=3
        nicmq: index=0,type=nic,model=virtio-net-pci,macaddr=52:54:00:12:34:58
         \ mq0: index=0,type=tap,fd=4
        nicmq: index=1,type=nic,
         \ mq0: index=1,type=tap,fd=5
        nicmqif: index=0,type=nic,model=virtio-net-pci,macaddr=52:54:00:12:34:59
         \ mqif0: index=0,type=tap,ifname=tapmqif,script=no,downscript=no
        nicmqif: index=1,type=nic,
         \ mqif0: index=1,type=tap,ifname=tapmqif,script=no,downscript=no
        nicmqif: index=2,type=nic,
         \ mqif0: index=2,type=tap,ifname=tapmqif,script=no,downscript=no
        e0: index=0,type=nic,model=e1000,macaddr=52:54:00:12:34:5a
         \ u0: index=0,type=user,net=10.0.2.0,restrict=off
        filters:
          - fm0: type=filter-mirror,vnet_hdr_support=false,outdev=fc,position=tail,status=on,insert=behind,netdev=u0,queue=tx
        rtl8139.0: index=0,type=nic,model=rtl8139,macaddr=52:54:00:12:34:5b
         \ hlp0: index=0,type=tap,helper=/tmp/vm/helper.py
        lonely: index=0,type=nic,model=virtio-net-pci,macaddr=52:54:00:12:34:5c
        """;

    /// <summary>-net nic,model=virtio -net tap,ifname=taplg,script=no,downscript=no</summary>
    public const string Legacy = """
        hub 0
         \ hub0port1: #net182: index=0,type=tap,ifname=taplg,script=no,downscript=no
         \ hub0port0: virtio-net-pci.0: index=0,type=nic,model=virtio-net-pci,macaddr=52:54:00:12:34:56
        """;

    /// <summary>
    /// -netdev tap,id=net0,... -netdev hubport,id=h0,hubid=3,netdev=net0 -netdev hubport,id=h1,hubid=3
    /// -device virtio-net-pci,netdev=h1,id=n0
    /// </summary>
    public const string Hub = """
        hub 3
         \ h1: n0: index=0,type=nic,model=virtio-net-pci,macaddr=52:54:00:12:34:56
         \ h0: net0: index=0,type=tap,ifname=taplg,script=no,downscript=no
        """;

    public static string AsQemu(string text) => text.ReplaceLineEndings("\r\n") + "\r\n";
}
