namespace QmpRedirector.Options;

/// <summary>Where <c>decode</c> reads its stream.</summary>
internal abstract record DecodeInput
{
    private DecodeInput()
    {
    }

    public sealed record StandardInput : DecodeInput;

    /// <param name="Path">A file, a FIFO, or the path of a socket to connect to.</param>
    public sealed record File(string Path) : DecodeInput;

    /// <param name="Chardev">Where to connect or listen; an ADDR is a client that does not try again.</param>
    public sealed record Socket(ChardevOptions Chardev) : DecodeInput;
}
