namespace QmpRedirector.Options;

/// <summary>What is said where QEMU would have accepted, or has no word for it.</summary>
internal static class OurSentences
{
    public static string Foreign(string path) => $"Parameter '{path}' is not supported here";

    public static string Later(string what) => $"{what} is not available in this version";

    public static string NoChain(string given) =>
        $"{given} is not supported here: beside vhost there is no chain of filters to take a place in";

    public static string OtherInNetdev(string given, string netdev) =>
        $"in_netdev={given} is not supported here: frames are captured on netdev={netdev}; leave in_netdev out or give both the same name";

    public static string OutOfRange(string key, ulong minimum, ulong maximum) =>
        $"Parameter '{key}' expects a value {(maximum > long.MaxValue ? $"of at least {minimum}" : $"between {minimum} and {maximum}")}";
}
