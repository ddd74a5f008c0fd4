namespace QmpRedirector.Options;

/// <summary>
/// What QEMU says, as 7.2 was seen to say it on its command line (text) and through QMP (JSON). Its second lines ("Identifiers consist of
/// ...") are joined to the first: here an error is one sentence.
/// </summary>
internal static class QemuSentences
{
    public const string NeedsDevice = "filter redirector needs 'indev' or 'outdev' at least one property set";
    public const string SameDevices = "'indev' and 'outdev' could not be same for filter redirector";
    public const string BadStatus = "Invalid value for netfilter status, should be 'on' or 'off'";
    public const string BadPosition = "Parameter 'position' expects 'head', 'tail' or 'id=<id>'";
    public const string NoNetdev = "Parameter 'netdev' expects a network backend id";
    public const string ManyAddresses = "None or one of 'path', 'fd' or 'host' option required.";
    public const string NoPort = "chardev: socket: no port given";
    public const string NoChardevId = "chardev: no id specified";
    public const string WaitOfClient = "'wait' option is incompatible with socket in client connect mode";
    public const string ReconnectOfServer = "'reconnect' option is incompatible with socket in server listen mode";
    public const string TwoReconnects = "'reconnect' and 'reconnect-ms' are mutually exclusive";
    public const string TwoDelays = "'delay' and 'nodelay' are mutually exclusive";
    public const string NoFamily = "Cannot disable IPv4 and IPv6 at same time";

    public static string Unexpected(string path) => $"Parameter '{path}' is unexpected";

    public static string Invalid(string key) => $"Invalid parameter '{key}'";

    public static string Missing(string path) => $"Parameter '{path}' is missing";

    public static string WrongType(string path, string expected) => $"Invalid parameter type for '{path}', expected: {expected}";

    public static string NotOnOff(string key) => $"Parameter '{key}' expects 'on' or 'off'";

    public static string NotAccepted(string key, string value) => $"Parameter '{key}' does not accept value '{value}'";

    public static string NotNumber(string key) => $"Parameter '{key}' expects a number";

    public static string TooLarge(string key, string value) => $"Value '{value}' is too large for parameter '{key}'";

    public static string NotSize(string key) => $"Parameter '{key}' expects a size value";

    public static string NotUnsigned(string path) => $"Parameter '{path}' expects uint64";

    public static string NotId(string key) =>
        $"Parameter '{key}' expects an identifier: letters, digits, '-', '.', '_', starting with a letter";

    public static string NotFd(string value) => $"Unable to parse FD number {value}";

    public static string NoBackend(string id) => $"chardev: \"{id}\" missing backend";

    public static string BadBackend(string name) => $"'{name}' is not a valid char driver name";

    public static string DuplicateId(string id, string group) => $"Duplicate ID '{id}' for {group}";

    public static string InUse(string device) => $"Device '{device}' is in use";

    public static string NoInDevice(string device) => $"IN Device '{device}' not found";

    public static string NoOutDevice(string device) => $"OUT Device '{device}' not found";

    public static string NoDevice(string device) => $"Device '{device}' not found";
}
