using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using QmpRedirector.Options;

namespace QmpRedirector.Running;

/// <summary>Runs the sidecar as the host's one service, and keeps what it ended with.</summary>
internal sealed class SidecarService(
    RunOptions options, ILogger<Sidecar> logger, ISystemdNotifier systemd, TimeProvider time, IHostApplicationLifetime lifetime)
    : BackgroundService
{
    public int ExitCode { get; private set; }

    /// <summary>Sentences of what went wrong, or the closing report.</summary>
    public IReadOnlyList<string> LastWords { get; private set; } = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await using var sidecar = new Sidecar(options, logger, systemd, time);
            LastWords = await sidecar.RunAsync(stoppingToken);
        }
        catch (SidecarException e)
        {
            ExitCode = 1;
            LastWords = e.Sentences;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.TooManyOpenSockets)
        {
            // .NET's words are those of ENFILE.
            ExitCode = 1;
            LastWords = ["Too many open files: allow more (ulimit -n)."];
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            ExitCode = 1;
            LastWords = [$"{e.Message}."];
        }
        catch (TypeInitializationException)
        {
            // The runtime's sockets have an engine, which takes descriptors when the first socket is made.
            ExitCode = 1;
            LastWords = ["The runtime cannot begin to use sockets: allow more open files (ulimit -n)."];
        }
        catch (Exception e)
        {
            // The host would only stop, and the program end with 0.
            Log.Defect(logger, e);
            ExitCode = 1;
            LastWords = [$"It ended because of a defect: {e.Message}"];
        }
        finally
        {
            lifetime.StopApplication();
        }
    }
}
