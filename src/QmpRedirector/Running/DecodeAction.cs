using System.Net.Sockets;
using QmpRedirector.CommandLine;
using QmpRedirector.Decode;
using QmpRedirector.Net;
using QmpRedirector.Options;

namespace QmpRedirector.Running;

/// <summary>What <c>qmp-redirector decode</c> does: opens its input, as a file or as either end of a socket, and shows its frames.</summary>
internal static class DecodeAction
{
    public static async Task<int> InvokeAsync(DecodeOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return options.Input switch
            {
                DecodeInput.Socket socket => await FromSocketAsync(options, socket.Chardev, cancellationToken),
                DecodeInput.File file when ChardevAddress.IsSocket(file.Path) => await FromSocketAsync(
                    options, new ChardevOptions("decode", new ChardevAddress.Unix(file.Path), false, false, null), cancellationToken),
                DecodeInput.File file => await FromFileAsync(options, file.Path, cancellationToken),
                _ => await ShowAsync(options, Console.OpenStandardInput(), cancellationToken),
            };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        catch (IOException e) when (StandardOutput.IsReadNoMore(e))
        {
            // As head does, who read it has had enough.
            return 0;
        }
        catch (Exception e) when (e is ChardevException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"{Cli.Program}: {e.Message}");
            return 1;
        }
    }

    private static async Task<int> FromFileAsync(DecodeOptions options, string path, CancellationToken cancellationToken)
    {
        // .NET would say that access is denied.
        if (Directory.Exists(path))
            throw new IOException($"'{path}' is a directory: give a file, a FIFO or a socket");
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        return await ShowAsync(options, file, cancellationToken);
    }

    private static async Task<int> FromSocketAsync(DecodeOptions options, ChardevOptions chardev, CancellationToken cancellationToken)
    {
        using var socket = new SocketChardev(
            new SocketChardevOptions(chardev.Id, chardev.Address, chardev.Server, chardev.Reconnect), TimeProvider.System);
        await socket.OpenAsync(cancellationToken);
        await using var stream = new NetworkStream((await socket.NextPeerAsync(cancellationToken))!, ownsSocket: true);
        return await ShowAsync(options, stream, cancellationToken);
    }

    private static async Task<int> ShowAsync(DecodeOptions options, Stream input, CancellationToken cancellationToken)
    {
        await using var output = new StreamWriter(StandardOutput.OpenStream(), bufferSize: 64 * 1024);
        return await new DecodeSession(TimeProvider.System, StandardOutput.OpenStream).RunAsync(input, options.Settings, output, Console.Error, cancellationToken);
    }
}
