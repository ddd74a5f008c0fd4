using QmpRedirector.Options;
using QmpRedirector.Qmp;

namespace QmpRedirector.Running;

/// <summary>From the command line's addresses to the QMP library's.</summary>
internal static class QmpAddresses
{
    /// <exception cref="SidecarException">It is no address of QMP.</exception>
    public static QmpAddress Of(string option, EndpointOptions endpoint) =>
        QmpAddress.TryParse(endpoint.Address.ToString(), out var address, out var sentence)
            ? address
            : throw new SidecarException([$"{option} {endpoint.Text}: {sentence}"]);
}
