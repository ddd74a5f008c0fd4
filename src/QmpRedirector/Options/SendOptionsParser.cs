using QmpRedirector.Net;
using QmpRedirector.Send;

namespace QmpRedirector.Options;

/// <summary>Makes <see cref="SendOptions"/> of the command line, or says everything that is wrong.</summary>
internal static class SendOptionsParser
{
    public static OptionsResult<SendOptions> Parse(SendArguments arguments)
    {
        OptionReport report = new();
        OptionReader reader = new(SendSchema.Schema, report);
        if (arguments.VnetHdrLen is string length)
            reader.Add(new OptionBag(
                $"--vnet-hdr-len {OptionOrigin.Shown(length)}", OptionForm.Text, [OptionEntry.FromText("vnet-hdr-len", length)]));
        if (string.IsNullOrEmpty(arguments.File))
            report.Error("FILE is missing: give the capture file to send, or - for standard input");
        if (string.IsNullOrEmpty(arguments.Peer))
            report.Error("ADDR is missing: give the chardev to send to, for example unix:/run/qemu/guest.m0");
        ChardevOptions? peer = arguments.Peer is { Length: > 0 } text ? PeerArgument.Parse(text, "send", report) : null;
        SendSettings settings = new()
        {
            VnetHdrSupport = arguments.VnetHdrSupport,
            VnetHdrLen = (int?)reader.Number("vnet-hdr-len") ?? (arguments.VnetHdrSupport ? VnetHeader.MergeableSize : 0),
            Realtime = arguments.Realtime,
        };
        return OptionsResult<SendOptions>.From(peer is null ? null : new SendOptions(arguments.File ?? "", peer, settings), report);
    }
}
