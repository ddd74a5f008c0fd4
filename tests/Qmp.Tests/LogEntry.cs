using Microsoft.Extensions.Logging;

namespace QmpRedirector.Qmp.Tests;

internal sealed record LogEntry(
    LogLevel Level, EventId Id, string Message, IReadOnlyDictionary<string, object?> Values, Exception? Exception);
