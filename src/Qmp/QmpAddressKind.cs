namespace QmpRedirector.Qmp;

/// <summary>How a QMP server is reached.</summary>
public enum QmpAddressKind
{
    /// <summary>A UNIX stream socket, by path.</summary>
    Unix,

    /// <summary>TCP, by host name or address and port.</summary>
    Tcp,

    /// <summary>A connected stream socket this process inherited, by file descriptor number.</summary>
    Fd,
}
