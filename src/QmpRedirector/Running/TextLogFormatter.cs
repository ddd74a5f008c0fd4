using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace QmpRedirector.Running;

/// <summary>
/// <c>--log-format text</c>: time of day, level unless it is information, sentence. One line each, but for a defect's stack trace.
/// </summary>
internal sealed class TextLogFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "text";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var level = logEntry.LogLevel switch
        {
            LogLevel.Critical or LogLevel.Error => "error: ",
            LogLevel.Warning => "warning: ",
            LogLevel.Debug => "debug: ",
            LogLevel.Trace => "trace: ",
            _ => "",
        };
        textWriter.Write(time.GetLocalNow().ToString("HH:mm:ss.ffffff ", CultureInfo.InvariantCulture));
        textWriter.Write(level);
        textWriter.WriteLine(logEntry.Formatter(logEntry.State, logEntry.Exception));
        if (logEntry.Exception is not null)
            textWriter.WriteLine(logEntry.Exception);
    }
}
