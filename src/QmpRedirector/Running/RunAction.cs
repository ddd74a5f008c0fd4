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
        SidecarService service;
        using (var host = builder.Build())
        {
            service = host.Services.GetRequiredService<SidecarService>();
            await host.RunAsync(cancellationToken);
        }

        foreach (var sentence in service.LastWords)
        {
            var now = TimeProvider.System.GetUtcNow();
            await Console.Error.WriteLineAsync(LastWords.Line(options.LogFormat, service.ExitCode != 0, sentence, now));
        }

        return service.ExitCode;
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
