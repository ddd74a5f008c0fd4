using QmpRedirector.Check.Facts;
using QmpRedirector.Options;

namespace QmpRedirector.Check.Themes;

/// <summary>The virtio-net header each redirector would write before its frames.</summary>
internal static class VnetHeaderTheme
{
    public static IEnumerable<Finding> Of(CheckContext context)
    {
        foreach (var redirector in context.Redirectors)
        {
            if (Choose(context, redirector) is var (bytes, how))
                yield return new Finding(Mark.Ok, $"{redirector.Id} vnet header", $"{bytes} bytes before each frame, {how}.");
        }
    }

    /// <summary>The length <c>run</c> would begin with, and why; null when the TAP is not known.</summary>
    public static (int Bytes, string How)? Choose(CheckContext context, RedirectorOptions redirector)
    {
        var netdev = context.NetdevOf(redirector);
        var auto = Auto(netdev, redirector);
        if (redirector.VnetHdrLen is { } given)
        {
            return (given, auto is var (chosen, why) && chosen != given
                ? $"as vnet_hdr_len={given} says; auto would choose {chosen} now ({why})"
                : $"as vnet_hdr_len={given} says");
        }

        return auto is var (bytes, how) ? (bytes, $"chosen by auto: {how}") : null;
    }

    private static (int Bytes, string How)? Auto(NetdevFacts? netdev, RedirectorOptions redirector) => netdev switch
    {
        { Tap: { HasVnetHeader: false } tap } => (0, $"TAP {tap.Name} has no vnet header (vnet_hdr=off)"),
        { Tap: not null, Header: { Bytes: { } bytes, Final: true } header } => (bytes, header.How),
        { Tap: not null, Header: { Bytes: { } bytes } header } => (bytes,
            $"{header.How}; asked again every second until the guest's driver is up"),
        { Tap: not null, Header: { } header } =>
            (redirector.VnetHdrSupport ? 12 : 0, $"{header.How}, so vnet_hdr_support={(redirector.VnetHdrSupport ? "on" : "off")} decides"),
        _ => null,
    };
}
