namespace QmpRedirector.Net;

/// <summary>What a <see cref="SocketChardev"/> is made with: the part of QAPI's ChardevSocket that this program has.</summary>
/// <param name="Id">The chardev's id.</param>
/// <param name="Address">Where it listens or connects.</param>
/// <param name="Server">Listens (<c>server=on</c>) instead of connecting.</param>
/// <param name="Reconnect">A client tries again after this time; null for a client that connects once.</param>
/// <param name="Mode">A Unix listener's file has this mode, of which the umask takes its part; null: 0777 less the umask, as in QEMU.</param>
/// <param name="Backlog">Peers that may wait to be accepted; 1 as in QEMU, whose chardev has one peer.</param>
public sealed record SocketChardevOptions(
    string Id, ChardevAddress Address, bool Server, TimeSpan? Reconnect, UnixFileMode? Mode = null, int Backlog = 1);
