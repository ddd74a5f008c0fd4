using System.Net.Sockets;

namespace QmpRedirector.Net.Tests.Chardevs;

/// <summary>A folder for one test's sockets, and the waiting these tests do.</summary>
internal sealed class Scratch : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("qr-");

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    public static async Task<T> WithinAsync<T>(Task<T> task) => await task.WaitAsync(_patience);

    public static async Task WithinAsync(Task task) => await task.WaitAsync(_patience);

    public static Socket Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    public static Socket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen(1);
        return socket;
    }

    /// <summary>The descriptor as a parent process would leave it: nobody's, and open.</summary>
    public static int LetGo(Socket socket)
    {
        var number = (int)socket.Handle;
        socket.SafeHandle.SetHandleAsInvalid();
        return number;
    }

    /// <summary>Sends a byte one way and checks that it arrives: the two are each other's ends.</summary>
    public static async Task AreConnectedAsync(Socket a, Socket b)
    {
        var received = new byte[1];
        await a.SendAsync((byte[])[0x5a]);
        Assert.That(await WithinAsync(b.ReceiveAsync(received)), Is.EqualTo(1));
        Assert.That(received[0], Is.EqualTo(0x5a));
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
