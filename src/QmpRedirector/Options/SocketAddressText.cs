using System.Globalization;
using QmpRedirector.Net;

namespace QmpRedirector.Options;

/// <summary>The parts of a chardev's address; each returns null and a sentence for a bad one.</summary>
internal static class SocketAddressText
{
    public static ChardevAddress.Unix? Unix(string path, bool isAbstract, bool tight, out string sentence)
    {
        sentence = path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)
            ? $"'{path}' is not the path of a socket"
            : ChardevAddress.WhyTooLong(path) ?? "";
        return sentence.Length == 0 ? new ChardevAddress.Unix(path, isAbstract, tight) : null;
    }

    public static ChardevAddress.Fd? Fd(string text, out string sentence)
    {
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        sentence = isNumber ? "" : QemuSentences.NotFd(text);
        return isNumber ? new ChardevAddress.Fd(number) : null;
    }

    public static int? Port(string text, out string sentence)
    {
        // QEMU takes service names too, and port 70000 as 4464.
        bool isPort = ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port);
        sentence = isPort ? "" : $"'{text}' is not a port number between 0 and 65535";
        return isPort ? port : null;
    }
}
