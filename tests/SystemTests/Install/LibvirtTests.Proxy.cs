using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.Install;

/// <summary>A domain without a monitor of its own: libvirt's, through its virt-qemu-qmp-proxy.</summary>
internal sealed partial class LibvirtTests
{
    private const string Proxy = "vm-1-qmp.service";

    /// <summary>Several that ask about their NIC: the proxy answers nothing any more once two commands have come together.</summary>
    private const string ProxyMetadata = $"""
        <qr:redirector xmlns:qr='urn:qmp-redirector:domain:1' qmp='unix:/run/qmp-redirector/qemu/{Guest}.qmp'>
          <qr:chardev>socket,id=m0,path=/run/lab/{TestDomain.Chardev}</qr:chardev>
          <qr:object>filter-redirector,id=f0,netdev=hostnet0,queue=tx,outdev=m0,vnet_hdr_len=0</qr:object>
          <qr:chardev>socket,id=m1,path=/run/qmp-redirector/{Guest}/m1,server=on,wait=off</qr:chardev>
          <qr:object>filter-redirector,id=f1,netdev=hostnet0,queue=tx,outdev=m1,vnet_hdr_support=on</qr:object>
          <qr:chardev>socket,id=m2,host=localhost,port=9105,server=on,wait=off</qr:chardev>
          <qr:object>filter-redirector,id=f2,netdev=hostnet0,queue=rx,outdev=m2,vnet_hdr_support=on</qr:object>
        </qr:redirector>
        """;

    [Test]
    public async Task A_domain_is_followed_through_virt_qemu_qmp_proxy()
    {
        var earlier = _a.SidecarLog.Length;
        await _a.VirshAsync("create", Write(Guest, TestDomain.Xml(Guest, ProxyMetadata, ownMonitor: false)));
        await LoggedAsync("Waiting for QEMU to listen", 1);
        await _a.RunAsync(
            "systemd-run", "-q", $"--unit={Proxy}", "-p", "UMask=0", "/usr/bin/python3", "/usr/bin/virt-qemu-qmp-proxy",
            "-c", _a.LibvirtUri, Guest, $"/run/qmp-redirector/qemu/{Guest}.qmp");
        try
        {
            using var peer = await _listener.AcceptAsync();
            await _a.UnitIsAsync(Unit, "active");
            var armed = $"armed on {await TapAsync(_a)} (";
            await ForwardAsync(_a, peer, 0, 10);
            for (var round = 1; round <= 5; round++) await StopAndContinueAsync(peer, round, armed);
            // The proxy does not notice that its libvirtd is gone.
            await RestartLibvirtdAsync();
            await _a.RunAsync("systemctl", "restart", Proxy);
            await StopAndContinueAsync(peer, 6, armed);

            await _a.VirshAsync("destroy", Guest);
            await _a.UnitIsAsync(Unit, "inactive");
            await peer.WaitForEndAsync();

            Assert.That(peer.Frames.Select(frame => Frames.NumberOf(frame.Payload)), Is.EqualTo(Enumerable.Range(0, 70)));
            Assert.That(await _a.UnitAsync(Unit, "Result"), Is.EqualTo("success"));
            Assert.That(_a.SidecarLog[earlier..].Split("Waiting for QEMU"), Has.Length.EqualTo(2), "there was one sidecar");
        }
        finally
        {
            await _a.RunAsync("systemctl", "stop", Proxy);
        }

        async Task StopAndContinueAsync(ChardevPeer peer, int round, string armed)
        {
            await _a.VirshAsync("suspend", Guest);
            await LoggedAsync("f0: disarmed (", round);
            await SendAsync(_a, 1000, 10);
            await _a.VirshAsync("resume", Guest);
            await LoggedAsync(armed, 3 * (round + 1));
            await ForwardAsync(_a, peer, 10 * round, 10);
        }

        Task LoggedAsync(string words, int times) => Eventually.ThatAsync(
            () => _a.SidecarLog[earlier..].Split(words).Length > times, $"'{words}' is logged {times} times; {_a.SidecarLog[earlier..]}");
    }
}
