using QmpRedirector.Net;
using QmpRedirector.Options;

namespace QmpRedirector.Redirectors;

/// <summary>A chardev that was opened, and how it was asked for.</summary>
internal sealed record OpenChardev(ChardevOptions Options, SocketChardev Socket);
