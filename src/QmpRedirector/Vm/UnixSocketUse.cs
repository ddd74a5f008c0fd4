namespace QmpRedirector.Vm;

/// <summary>Who uses the path of a Unix socket.</summary>
/// <param name="Listens">Somebody listens there.</param>
/// <param name="Connections">Clients connected there, accepted or waiting to be.</param>
internal sealed record UnixSocketUse(bool Listens, int Connections);
