using System.Text.Json.Nodes;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>A QMP event, its sender's CLOCK_REALTIME stamp of it (microseconds), and its data if it has any.</summary>
internal sealed record QmpEvent(string Name, DateTimeOffset At, JsonObject? Data);
