using System.Text.Json.Nodes;

namespace QmpRedirector.Qmp;

/// <summary>
/// Carries out one command. The result is sent as <c>return</c>; null stands for the empty object of commands that return nothing.
/// </summary>
/// <param name="arguments">The command's arguments; read them all, then call <see cref="QmpArguments.Done"/>, then act.</param>
/// <param name="ct">Cancelled when the client has gone or the server ends.</param>
/// <exception cref="QmpServerError">The command fails, with this class and sentence.</exception>
public delegate ValueTask<JsonNode?> QmpCommandHandler(QmpArguments arguments, CancellationToken ct);
