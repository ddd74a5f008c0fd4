using QmpRedirector.Options;

namespace QmpRedirector.Check.Themes;

/// <summary>The file of <c>--pcapng</c>.</summary>
internal static class RecordingTheme
{
    public static IEnumerable<Finding> Of(CheckContext context)
    {
        if (context.Recording is not { } place)
            return [];
        var path = context.Options.Run.PcapngFile;
        var finding = place switch
        {
            { Problem: { } problem } => new Finding(
                Mark.Fail,
                "pcapng",
                $"{OptionOrigin.Shown(path!)} cannot be recorded to: {problem}.",
                "Choose a path in a directory this process may write to."),
            { IsFifo: true } => new Finding(
                Mark.Warn,
                "pcapng",
                $"{path} is a FIFO, which was not opened: 'run' records to it, but ends at once if nobody reads it then.",
                $"Start its reader first: wireshark -k -i {path}"),
            { IsFile: true } => new Finding(
                Mark.Warn,
                "pcapng",
                $"A file is at {path}: 'run' replaces it by a new recording.",
                "Move it away if it is still needed."),
            _ => new Finding(Mark.Ok, "pcapng", $"{path} can be made, for its owner alone (0600): a tenant's frames will be in it."),
        };
        return [finding];
    }
}
