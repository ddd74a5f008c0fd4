using System.Buffers.Binary;
using System.Text;

namespace QmpRedirector.Net;

/// <summary>TCP options (RFC 9293 3.1, RFC 7323, RFC 2018): ", options [mss 1460,sackOK,nop,wscale 7]".</summary>
internal static class TcpOptions
{
    private const byte EndOfOptions = 0;
    private const byte NoOperation = 1;

    /// <summary>Writes the list; false when it ends in "[bad opt]", behind which tcpdump writes nothing.</summary>
    public static bool TryAppend(StringBuilder text, ReadOnlySpan<byte> options)
    {
        text.Append(", options [");
        for (var separator = ""; !options.IsEmpty; separator = ",")
        {
            text.Append(separator);
            var kind = options[0];
            if (kind is EndOfOptions)
            {
                text.Append("eol");
                break;
            }

            if (kind is NoOperation)
            {
                text.Append("nop");
                options = options[1..];
                continue;
            }

            if (options.Length < 2 || options[1] < 2 || options[1] > options.Length)
            {
                text.Append("[bad opt]");
                return false;
            }

            AppendOption(text, kind, options[2..options[1]]);
            options = options[options[1]..];
        }

        text.Append(']');
        return true;
    }

    private static void AppendOption(StringBuilder text, byte kind, ReadOnlySpan<byte> value)
    {
        switch (kind, value.Length)
        {
            case (2, 2):
                text.Append($"mss {BinaryPrimitives.ReadUInt16BigEndian(value)}");
                break;
            case (3, 1):
                text.Append($"wscale {value[0]}");
                break;
            case (4, 0):
                text.Append("sackOK");
                break;
            case (5, > 0) when value.Length % 8 == 0:
                text.Append($"sack {value.Length / 8} ");
                for (; !value.IsEmpty; value = value[8..])
                    text.Append($"{{{BinaryPrimitives.ReadUInt32BigEndian(value)}:{BinaryPrimitives.ReadUInt32BigEndian(value[4..])}}}");
                break;
            case (8, 8):
                text.Append($"TS val {BinaryPrimitives.ReadUInt32BigEndian(value)} ecr {BinaryPrimitives.ReadUInt32BigEndian(value[4..])}");
                break;
            default:
                text.Append($"unknown-{kind}");
                if (!value.IsEmpty)
                    text.Append(" 0x").Append(Convert.ToHexStringLower(value));
                break;
        }
    }
}
