namespace QmpRedirector.Benchmarks.Measuring;

/// <summary>What the generator sends.</summary>
/// <param name="Size">Bytes of a frame, or "mix": the generator's own word.</param>
/// <param name="Rate">Frames a second; 0 is as fast as it goes.</param>
internal sealed record Traffic(string Name, string Size, double Rate = 0)
{
    private const int SuperFrameBytes = 65226;
    private const double OfferedGigabits = 20;

    public static Traffic Small { get; } = new("64 B", "64");

    public static Traffic Full { get; } = new("1514 B", "1514");

    public static Traffic Mixed { get; } = new("mixed (7 x 64 B, 4 x 570 B, 1 x 1514 B)", "mix");

    /// <summary>
    /// The longest frames a host's TCP sends to a TAP, paced: the generator makes them faster than any engine could copy them.
    /// </summary>
    public static Traffic SuperFrames { get; } =
        new("64 KiB GSO", $"{SuperFrameBytes}", Math.Round(OfferedGigabits * 1e9 / 8 / SuperFrameBytes));

    public static IReadOnlyList<Traffic> All { get; } = [Small, Full, Mixed, SuperFrames];

    public bool IsSuperFrames => Size == SuperFrames.Size;

    public string Title => IsSuperFrames ? $"{Name}, {OfferedGigabits} Gbit/s offered" : $"{Name} at full rate";
}
