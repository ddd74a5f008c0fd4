namespace QmpRedirector.Options;

/// <summary>Which frames from before the VM stopped are sent as well (<c>preroll</c>).</summary>
internal enum PrerollMode
{
    Off,
    Stop,
    Unconsumed,
}
