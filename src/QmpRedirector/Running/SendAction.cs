using QmpRedirector.CommandLine;
using QmpRedirector.Net;
using QmpRedirector.Options;
using QmpRedirector.Send;

namespace QmpRedirector.Running;

/// <summary>What <c>qmp-redirector send</c> does: opens the capture file, and sends it.</summary>
internal static class SendAction
{
    public static async Task<int> InvokeAsync(SendOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await using Stream file = options.File == "-" ? Console.OpenStandardInput() : OpenFile(options.File);
            var chardev = new SocketChardevOptions(options.Peer.Id, options.Peer.Address, options.Peer.Server, options.Peer.Reconnect);
            return await new SendSession(options.Settings, TimeProvider.System, Console.Error, !Console.IsErrorRedirected)
                .RunAsync(options.File, file, chardev, cancellationToken);
        }
        catch (Exception e) when (e is ChardevException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"{Cli.Program}: {e.Message}");
            return 1;
        }
    }

    // Of a directory .NET would say that access is denied.
    private static FileStream OpenFile(string path) => Directory.Exists(path)
        ? throw new IOException($"'{path}' is a directory: give a capture file")
        : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
}
