using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using QmpRedirector.Options;

namespace QmpRedirector.Running;

/// <summary>What <c>qmp-redirector run</c> does: hosts the sidecar, and writes its last words when the log is complete.</summary>
internal static class RunAction
{
    /// <summary>
    /// How long after SIGTERM the log and the last words may still wait for a reader of standard error. The account is worth less than an
    /// end within a second; where nobody reads it, its loss harms nobody.
    /// </summary>
    private static readonly TimeSpan _lastWordsUntil = TimeSpan.FromMilliseconds(800);

    public static async Task<int> InvokeAsync(RunOptions options, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        AddLogging(builder.Logging, options);
        builder.Services
            .AddSingleton(options)
            .AddSingleton(TimeProvider.System)
            .AddSingleton<ISystemdNotifier, SystemdNotifier>()
            .AddSingleton<SidecarService>()
            .AddHostedService(services => services.GetRequiredService<SidecarService>());
        var host = builder.Build();
        var service = host.Services.GetRequiredService<SidecarService>();
        using var impatience = new CancellationTokenSource();
        await using var registration = cancellationToken.Register(() => impatience.CancelAfter(_lastWordsUntil));
        await host.StartAsync(cancellationToken);
        await host.WaitForShutdownAsync(cancellationToken);

        // Both the end of the log, which comes with the host's, and a write wait for as long as nobody reads a pipe that is full.
        var saying = Task.Run(() => SayLastWords(host, service, options.LogFormat), CancellationToken.None);
        try
        {
            await saying.WaitAsync(impatience.Token);
        }
        catch (OperationCanceledException) when (impatience.IsCancellationRequested)
        {
        }

        return service.ExitCode;
    }

    private static void SayLastWords(IHost host, SidecarService service, LogFormat format)
    {
        host.Dispose();
        foreach (var sentence in service.LastWords)
            Console.Error.WriteLine(LastWords.Line(format, service.ExitCode != 0, sentence, TimeProvider.System.GetUtcNow()));
    }

    private static void AddLogging(ILoggingBuilder logging, RunOptions options)
    {
        logging.SetMinimumLevel(options.LogLevel);

        // The host's own messages say nothing of use to an operator, and its errors are this program's to report.
        logging.AddFilter("Microsoft", LogLevel.None);
        logging.Services.AddSingleton<ConsoleFormatter, TextLogFormatter>();
        logging.Services.Configure<JsonConsoleFormatterOptions>(
            static json => (json.TimestampFormat, json.UseUtcTimestamp) = (LastWords.JsonTimestamp, true));
        logging.AddConsole(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.FormatterName = options.LogFormat switch
            {
                LogFormat.Json => ConsoleFormatterNames.Json,
                LogFormat.Systemd => ConsoleFormatterNames.Systemd,
                _ => TextLogFormatter.FormatterName,
            };

            // Whoever reads the log too slowly must not hold up the answer to a STOP.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
    }
}
