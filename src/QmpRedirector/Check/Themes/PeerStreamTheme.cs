using QmpRedirector.Check.Facts;
using QmpRedirector.Net;
using QmpRedirector.Options;

namespace QmpRedirector.Check.Themes;

/// <summary>Whether the consumer understands each redirector's stream: it carries no mark by which a mistake would show.</summary>
internal static class PeerStreamTheme
{
    private static readonly (string Name, string Json)[] _defaults =
        [("status", "\"on\""), ("position", "\"tail\""), ("insert", "\"behind\""), ("vnet_hdr_support", "false")];

    public static IEnumerable<Finding> Of(CheckContext context)
    {
        if (context.Peer?.Facts is not { } peer)
            yield break;
        foreach (var redirector in context.Redirectors)
        {
            if (context.OutdevOf(redirector)?.Options is not { Address: not ChardevAddress.Fd } chardev)
                continue; // whose other end a descriptor is, QEMU does not tell
            var theirs = peer.Chardevs.FirstOrDefault(theirs => theirs.IsServer != chardev.Server && theirs.IsAt(chardev.Address));
            if (theirs is null)
                yield return Absent(redirector, chardev, peer);
            else if (peer.Consumers.FirstOrDefault(consumer => consumer.Indev == theirs.Label) is not { } consumer)
            {
                yield return new Finding(
                    Mark.Warn,
                    Subject(redirector),
                    $"The consumer's chardev {theirs.Label} is at our address, but no filter-redirector or colo-compare reads it.",
                    $"object-add there: filter-redirector,id=f1,netdev=NETDEV,queue=tx,indev={theirs.Label}"
                    + (redirector.VnetHdrSupport ? ",vnet_hdr_support=on" : ""));
            }
            else
            {
                foreach (var finding in Judge(context, redirector, peer, theirs, consumer))
                    yield return finding;
            }
        }
    }

    private static Finding Absent(RedirectorOptions redirector, ChardevOptions chardev, PeerFacts peer)
    {
        if (peer.Chardevs.FirstOrDefault(theirs => theirs.IsAt(chardev.Address)) is { } alike)
        {
            return new Finding(
                Mark.Fail,
                Subject(redirector),
                $"The consumer's chardev {alike.Label} is at {chardev.Address} as well, and both would "
                    + $"{(chardev.Server ? "listen" : "connect")}.",
                $"Give one of the two server={(chardev.Server ? "off" : "on")}.");
        }

        return new Finding(
            Mark.Warn,
            Subject(redirector),
            $"The consumer has no chardev that {(chardev.Server ? "connects to" : "listens at")} {chardev.Address}: if it is to read "
            + "this stream, it is not ready to.",
            "chardev-add there: socket,id=red0,... at that address with "
                + $"server={(chardev.Server ? "off and reconnect=1" : "on,wait=off")}.");
    }

    private static List<Finding> Judge(
        CheckContext context, RedirectorOptions redirector, PeerFacts peer, PeerChardev chardev, PeerConsumer consumer)
    {
        var subject = Subject(redirector);
        var them = $"{consumer.Type} {consumer.Id}";
        List<Finding> findings = [];
        if (consumer.VnetHdrSupport != redirector.VnetHdrSupport)
        {
            findings.Add(new Finding(
                Mark.Fail,
                subject,
                $"vnet_hdr_support is {OnOff(redirector.VnetHdrSupport)} here and {OnOff(consumer.VnetHdrSupport)} at the consumer's "
                + $"{them}: it would read every frame wrongly, and at last none (\"oversized packet received\").",
                $"Give {redirector.Id} vnet_hdr_support={OnOff(consumer.VnetHdrSupport)}, or the consumer's "
                    + $"{OnOff(redirector.VnetHdrSupport)}."));
        }

        if (HeaderLength(context, redirector, consumer, them) is { } length)
            findings.Add(length);
        if (chardev.FrontendOpen == false)
            findings.Add(NotReading(subject, peer, chardev, consumer, them));
        if (redirector.Queue == QueueDirection.Tx && consumer.Queue is "rx" or "all")
        {
            findings.Add(new Finding(
                Mark.Warn,
                subject,
                $"The consumer's {them} has queue={consumer.Queue}: it would send frames that were for the guest here out of its own TAP"
                + $"{(consumer.Queue == "all" ? " as well" : "")}.",
                $"Make it again with queue=tx, if they are for the guest there."));
        }

        return findings.Count > 0
            ? findings
            : [new Finding(Mark.Ok, subject,
                $"The consumer's {them} reads it (chardev {chardev.Label}), with the same vnet_hdr_support{LengthText(consumer)}.")];
    }

    private static Finding? HeaderLength(CheckContext context, RedirectorOptions redirector, PeerConsumer consumer, string them)
    {
        if (VnetHeaderTheme.Choose(context, redirector) is not var (ours, _)
            || consumer.Header is not { Bytes: { } theirs } header || ours == theirs)
            return null;
        var text = $"Frames would carry {ours} bytes of virtio-net header, and the consumer's {them} expects {theirs} ({header.How})";
        return header.Final
            ? new Finding(Mark.Fail, Subject(redirector), $"{text}: its guest would get none of them right.",
                $"Give {redirector.Id} vnet_hdr_len={theirs}.")
            : new Finding(
                Mark.Warn, Subject(redirector), $"{text} until its guest's driver is up, which may change it.",
                "Check again when both guests are up, or give vnet_hdr_len= what the consumer's guest will negotiate (12 for a modern "
                    + "one).");
    }

    private static Finding NotReading(string subject, PeerFacts peer, PeerChardev chardev, PeerConsumer consumer, string them)
    {
        if (!peer.ReadsOnlyOneConnection && consumer.IsOff)
            return new Finding(Mark.Warn, subject, $"The consumer's {them} does not read: its status is off.",
                $"qom-set /objects/{consumer.Id} status on");
        var text = $"The consumer's {them} does not read its chardev {chardev.Label} any more (frontend-open is false)"
            + (peer.ReadsOnlyOneConnection ? ": this QEMU gives an indev up at its first disconnect. " : ". ")
            + "It accepts connections, and what is sent stays unread.";
        var properties = consumer.Properties.Except(_defaults).Select(static property => $"\"{property.Name}\": {property.Json}");
        var delete = $"{{\"execute\": \"object-del\", \"arguments\": {{\"id\": \"{consumer.Id}\"}}}}";
        var add = $"{{\"execute\": \"object-add\", \"arguments\": {{\"qom-type\": \"{consumer.Type}\", \"id\": \"{consumer.Id}\", "
            + $"{string.Join(", ", properties)}}}}}";
        return new Finding(Mark.Fail, subject, text, $"Delete and add it again, on the consumer's QMP: {delete} and {add}");
    }

    private static string LengthText(PeerConsumer consumer) => consumer.Header switch
    {
        null => "",
        { Bytes: { } bytes } => $" and {bytes} bytes of vnet header",
        var unknown => $"; how long a vnet header it expects is not known ({unknown.How})",
    };

    private static string OnOff(bool value) => value ? "on" : "off";

    private static string Subject(RedirectorOptions redirector) => $"{redirector.Id} peer";
}
