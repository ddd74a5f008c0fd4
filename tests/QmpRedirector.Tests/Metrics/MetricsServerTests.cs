using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using QmpRedirector.Metrics;
using QmpRedirector.Net;

namespace QmpRedirector.Tests.Metrics;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class MetricsServerTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("qr-");

    private string File => Path.Combine(_folder.FullName, "m");

    public void Dispose() => _folder.Delete(recursive: true);

    [Test]
    public void A_socket_whose_queue_of_connections_is_full_is_in_use_and_left_alone()
    {
        using var busy = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        busy.Bind(new UnixDomainSocketEndPoint(File));
        busy.Listen(0);
        using var first = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        first.Connect(new UnixDomainSocketEndPoint(File));
        using var server = new MetricsServer(new ChardevAddress.Unix(File), null!, TimeProvider.System, NullLogger.Instance);

        Assert.That(async () => await server.OpenAsync(default), Throws.TypeOf<IOException>().With.Message.Contains("is in use"));
        Assert.That(System.IO.File.Exists(File));
    }
}
