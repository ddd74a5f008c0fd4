using System.Text.Json;

namespace QmpRedirector.Qmp;

/// <summary>An asynchronous message of the server.</summary>
/// <param name="Name">For example "STOP".</param>
/// <param name="Data">The event's data, normally an object; <see cref="JsonValueKind.Undefined"/> when the event has none.</param>
/// <param name="TimestampNanoseconds">
/// CLOCK_REALTIME of the server's host in ns since the epoch (its resolution is 1 us); null when the server could not tell.
/// </param>
/// <param name="Sequence">Position of this message among all read from this connection; see <see cref="QmpReply.Sequence"/>.</param>
public sealed record QmpEvent(string Name, JsonElement Data, long? TimestampNanoseconds, long Sequence);
