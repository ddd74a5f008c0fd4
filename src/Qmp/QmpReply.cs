using System.Text.Json;

namespace QmpRedirector.Qmp;

/// <summary>A successful reply.</summary>
/// <param name="Return">What the command returned.</param>
/// <param name="Sequence">
/// Position of this message among all read from this connection, events and replies alike, from 1 up. An event with a lower
/// sequence was written by the server before this reply, and is already in the queue of every listener when the reply is seen.
/// </param>
public sealed record QmpReply(JsonElement Return, long Sequence);
