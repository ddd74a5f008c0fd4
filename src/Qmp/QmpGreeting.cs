namespace QmpRedirector.Qmp;

/// <summary>What a QMP server says of itself when a client connects.</summary>
/// <param name="Major">QEMU's major version.</param>
/// <param name="Minor">QEMU's minor version.</param>
/// <param name="Micro">QEMU's micro version.</param>
/// <param name="Package">The distribution's name for this build, often empty.</param>
/// <param name="Capabilities">Capabilities the server offers, for example "oob".</param>
public sealed record QmpGreeting(int Major, int Minor, int Micro, string Package, IReadOnlyList<string> Capabilities)
{
    /// <summary>Whether commands may be sent out of band; the client enables it whenever it is offered.</summary>
    public bool OutOfBand => Capabilities.Contains("oob");
}
