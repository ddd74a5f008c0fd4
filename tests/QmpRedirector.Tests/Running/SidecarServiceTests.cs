using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Abstractions;
using QmpRedirector.Net;
using QmpRedirector.Options;
using QmpRedirector.Qmp;
using QmpRedirector.Running;

namespace QmpRedirector.Tests.Running;

internal sealed class SidecarServiceTests
{
    [Test]
    public async Task A_defect_is_told_and_ends_it_with_1()
    {
        // Two chardevs of one id: the parser refuses them, so nothing here expects them.
        ChardevOptions twice = new("m0", new ChardevAddress.Unix("/m0"), true, false, null);
        Assert.That(QmpAddress.TryParse("/q", out QmpAddress? qmp, out _), Is.True);
        RunOptions options = new() { Qmp = qmp!, Chardevs = [twice, twice], Redirectors = [] };
        using Lifetime lifetime = new();
        using SidecarService service = new(options, NullLogger<Sidecar>.Instance, new NoSystemd(), TimeProvider.System, lifetime);

        await service.StartAsync(default);
        await service.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Multiple(() =>
        {
            Assert.That(service.ExitCode, Is.EqualTo(1));
            Assert.That(service.LastWords.Single(), Does.StartWith("It ended because of a defect: "));
            Assert.That(lifetime.ApplicationStopping.IsCancellationRequested, Is.True);
        });
    }

    private sealed class NoSystemd : ISystemdNotifier
    {
        public bool IsEnabled => false;

        public void Notify(ServiceState state)
        {
        }
    }

    private sealed class Lifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication() => _stopping.Cancel();

        public void Dispose() => _stopping.Dispose();
    }
}
