namespace QmpRedirector.Options;

internal enum OptionSupport
{
    Supported,

    /// <summary>Ours, but not built yet.</summary>
    Later,

    /// <summary>QEMU has it and we never will; a boolean that says "off" does no harm.</summary>
    Foreign,
}
