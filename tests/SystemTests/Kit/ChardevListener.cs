using System.Net.Sockets;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>The listening end, for a chardev with server=off. Nothing is accepted until the test asks.</summary>
internal sealed class ChardevListener : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public ChardevListener(string path)
    {
        _socket.Bind(new UnixDomainSocketEndPoint(path));
        _socket.Listen(1);
    }

    /// <summary>Somebody has connected and was not accepted yet, also one that has left again.</summary>
    public bool HasCaller => _socket.Poll(0, SelectMode.SelectRead);

    public async Task<ChardevPeer> AcceptAsync(bool vnetHdrSupport = false, long allowance = long.MaxValue)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        return new ChardevPeer(await _socket.AcceptAsync(deadline.Token), vnetHdrSupport, allowance);
    }

    public void Dispose() => _socket.Dispose();
}
