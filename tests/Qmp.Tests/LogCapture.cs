using Microsoft.Extensions.Logging;
using QmpRedirector.Testing;

namespace QmpRedirector.Qmp.Tests;

/// <summary>Keeps what is logged, for tests of the log and for tests that wait for what only the log shows.</summary>
internal sealed class LogCapture : ILogger
{
    private readonly Lock _lock = new();
    private readonly List<LogEntry> _entries = [];
    private readonly Signal _changed = new();

    public IReadOnlyList<LogEntry> Entries
    {
        get
        {
            lock (_lock)
                return [.. _entries];
        }
    }

    /// <summary>Called with each entry on the thread that logs it, which it may hold up.</summary>
    public Action<LogEntry>? Logged { get; init; }

    public Task WaitForAsync(int id, string text) => _changed.WaitUntilAsync(
        () => Entries.Any(e => e.Id.Id == id && e.Message.Contains(text, StringComparison.Ordinal)), $"log entry {id} with '{text}'");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var values = ((IReadOnlyList<KeyValuePair<string, object?>>)state!).ToDictionary(v => v.Key, v => v.Value);
        var entry = new LogEntry(logLevel, eventId, formatter(state, exception), values, exception);
        lock (_lock)
            _entries.Add(entry);
        _changed.Pulse();
        Logged?.Invoke(entry);
    }
}
