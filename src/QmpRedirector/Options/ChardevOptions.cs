using QmpRedirector.Net;

namespace QmpRedirector.Options;

/// <summary>A <c>-chardev socket,...</c> as QEMU understands it.</summary>
/// <param name="Id">What an object's outdev names.</param>
/// <param name="Address">Where to listen or connect.</param>
/// <param name="Server">Listen rather than connect.</param>
/// <param name="Wait">Only with <paramref name="Server"/>: not ready before a peer has connected.</param>
/// <param name="Reconnect">Only without <paramref name="Server"/>: wait so long before connecting again; null: never do.</param>
internal sealed record ChardevOptions(
    string Id,
    ChardevAddress Address,
    bool Server,
    bool Wait,
    TimeSpan? Reconnect);
