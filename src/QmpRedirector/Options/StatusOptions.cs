using QmpRedirector.Qmp;

namespace QmpRedirector.Options;

/// <summary>Everything <c>status</c> was told, checked.</summary>
/// <param name="Control">The control socket of a running sidecar.</param>
/// <param name="Json">Print the answers as one JSON document.</param>
/// <param name="Watch">Go on, once a second and at every change.</param>
internal sealed record StatusOptions(QmpAddress Control, bool Json, bool Watch)
{
    /// <summary>Makes them of the command line, or says everything that is wrong.</summary>
    public static OptionsResult<StatusOptions> Parse(string? control, bool json, bool watch)
    {
        OptionReport report = new();
        QmpAddress? address = null;
        if (control is null)
            report.Error("--control is missing: give the address that 'run' was given with --control");
        else if ((address = AddressText.Qmp(control, out string sentence)) is null)
            report.Error($"--control {OptionOrigin.Shown(control)}", sentence);
        return OptionsResult<StatusOptions>.From(address is null ? null : new StatusOptions(address, json, watch), report);
    }
}
