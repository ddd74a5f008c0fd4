namespace QmpRedirector.Tests.Options;

/// <summary>Every sentence of <c>--chardev</c>, as QEMU 7.2.22 was seen to say it: in text on its command line, in JSON by QMP.</summary>
internal static class ChardevSentences
{
    private const string S = "socket,id=m0,path=/nonexistent/m0";
    private const string L = "socket,id=m0,path=/nonexistent/m0,server=on,wait=off";
    private const string T = "socket,id=m0,host=127.0.0.1,port=0,server=on,wait=off";
    private const string Identifier = "Parameter 'id' expects an identifier: letters, digits, '-', '.', '_', starting with a letter";
    private const string LongPath =
        "/234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";

    public static readonly SentenceCase[] Text =
    [
        new($"{L},foo=1", "Invalid parameter 'foo'"),
        new($"{L},nofoo", "Invalid parameter 'foo'"),
        new($"{L},Server=on", "Invalid parameter 'Server'"),
        new($"{L},nowait=on", "Invalid parameter 'nowait'"),
        new($"{L},=x", "Invalid parameter ''"),
        new($"{L},yank=on", "Invalid parameter 'yank'"),
        new($"{L},baud=1", "Invalid parameter 'baud'"),
        new($"{S},server=foo", "Parameter 'server' expects 'on' or 'off'"),
        new($"{S},server=", "Parameter 'server' expects 'on' or 'off'"),
        new($"{S},server=ON", "Parameter 'server' expects 'on' or 'off'"),
        new($"{S},server=on,wait=1", "Parameter 'wait' expects 'on' or 'off'"),
        new($"{S},server=on,wait=off,,foo=1", "Parameter 'wait' expects 'on' or 'off'"),
        new($"{S},abstract=x", "Parameter 'abstract' expects 'on' or 'off'"),
        new($"{S},tight=x", "Parameter 'tight' expects 'on' or 'off'"),
        new($"{T},ipv4=x", "Parameter 'ipv4' expects 'on' or 'off'"),
        new($"{T},nodelay=x", "Parameter 'nodelay' expects 'on' or 'off'"),
        new($"{T},delay=x", "Parameter 'delay' expects 'on' or 'off'"),
        new($"{S},nowait", "'wait' option is incompatible with socket in client connect mode"),
        new($"{S},server=off,wait=on", "'wait' option is incompatible with socket in client connect mode"),
        new($"{L},reconnect=1", "'reconnect' option is incompatible with socket in server listen mode"),
        new($"{L},reconnect=0", "'reconnect' option is incompatible with socket in server listen mode"),
        new($"{S},reconnect=x", "Parameter 'reconnect' expects a number"),
        new($"{S},reconnect=1k", "Parameter 'reconnect' expects a number"),
        new($"{S},reconnect=", "Parameter 'reconnect' expects a number"),
        new($"{S},reconnect", "Parameter 'reconnect' expects a number"),
        new($"{S},reconnect=-1", "Parameter 'reconnect' expects a number", false),
        new($"{S},reconnect=99999999999999999999999", "Value '99999999999999999999999' is too large for parameter 'reconnect'"),
        new($"{S},reconnect=99999999999", "Value '99999999999' is too large for parameter 'reconnect'", false),
        // 7.2 has no reconnect-ms; the sentence is 9.2's.
        new($"{S},reconnect=1,reconnect-ms=100", "'reconnect' and 'reconnect-ms' are mutually exclusive", false),
        new($"{T},delay=on,nodelay=on", "'delay' and 'nodelay' are mutually exclusive"),
        new($"{T},to=x", "Parameter 'to' expects a number"),
        new($"{T},to=70000", "Value '70000' is too large for parameter 'to'", false),
        new($"{T},ipv4=off,ipv6=off", "Cannot disable IPv4 and IPv6 at same time"),
        new("socket,path=/x", "chardev: no id specified"),
        new("socket,id=,path=/x", Identifier),
        new("socket,id=0m,path=/x", Identifier),
        new("path=/x,id=m0", "chardev: \"m0\" missing backend"),
        new("foo,id=m0", "'foo' is not a valid char driver name"),
        new(",id=m0", "'' is not a valid char driver name"),
        new("null,id=m0", "chardev backend 'null' is not supported here: only 'socket' is", false),
        new("socket,id=m0,path=/x,host=localhost,port=1", "None or one of 'path', 'fd' or 'host' option required."),
        new("socket,id=m0,path=/x,fd=3", "None or one of 'path', 'fd' or 'host' option required."),
        new("socket,id=m0,host=localhost", "chardev: socket: no port given"),
        new("socket,id=m0,fd=x", "Unable to parse FD number x"),
        // QEMU goes on and says "Unable to parse FD number " or takes port 70000 as 4464, or asks the resolver.
        new("socket,id=m0", "a socket needs an address: one of 'path', 'port' (with 'host') or 'fd'", false),
        new("socket,id=m0,port=1", "a TCP client needs the 'host' to connect to", false),
        new("socket,id=m0,host=a,port=70000", "'70000' is not a port number between 0 and 65535", false),
        new("socket,id=m0,host=a,port=", "'' is not a port number between 0 and 65535", false),
        new("socket,id=m0,path=,server=on,wait=off", "'' is not the path of a socket", false),
        new($"socket,id=m0,path={LongPath}", $"UNIX socket path '{LongPath}' is too long: it must be less than 108 bytes"),
        new($"{L},tls-creds=x", "Parameter 'tls-creds' is not supported here", false),
        new($"{L},telnet=on", "Parameter 'telnet' is not supported here", false),
        new($"{L},tn3270=on", "Parameter 'tn3270' is not supported here", false),
        new($"{L},websocket=on", "Parameter 'websocket' is not supported here", false),
        new($"{L},mux=on", "Parameter 'mux' is not supported here", false),
        new($"{L},logfile=/l", "Parameter 'logfile' is not supported here", false),
    ];

    public static readonly SentenceCase[] Json =
    [
        Data("{A},\"server\":\"on\"", "Invalid parameter type for 'backend.data.server', expected: boolean"),
        Data("{A},\"server\":1", "Invalid parameter type for 'backend.data.server', expected: boolean"),
        Data("{A},\"reconnect\":\"1\",\"server\":false", "Invalid parameter type for 'backend.data.reconnect', expected: integer"),
        Data("{A},\"reconnect\":1.5,\"server\":false", "Invalid parameter type for 'backend.data.reconnect', expected: integer"),
        Data("{A},\"reconnect\":-1,\"server\":false", "Parameter 'reconnect' expects a number", false),
        Data("{A},\"reconnect\":1", "'reconnect' option is incompatible with socket in server listen mode"),
        Data("{A},\"wait\":false,\"server\":false", "'wait' option is incompatible with socket in client connect mode"),
        Data("{A},\"foo\":1", "Parameter 'backend.data.foo' is unexpected"),
        Data("{A},\"path\":\"/x\"", "Parameter 'backend.data.path' is unexpected"),
        Data("{A},\"delay\":true", "Parameter 'backend.data.delay' is unexpected"),
        Data("{A},\"telnet\":true", "Parameter 'backend.data.telnet' is not supported here", false),
        Data("\"server\":true", "Parameter 'backend.data.addr' is missing"),
        Data("\"addr\":1", "Invalid parameter type for 'backend.data.addr', expected: object"),
        Data("\"addr\":{}", "Parameter 'backend.data.addr.type' is missing"),
        Data("\"addr\":{\"type\":\"foo\",\"data\":{}}", "Parameter 'type' does not accept value 'foo'"),
        Data("\"addr\":{\"type\":\"vsock\",\"data\":{\"cid\":\"3\",\"port\":\"1\"}}", "Parameter 'vsock' is not supported here", false),
        Data("\"addr\":{\"type\":\"unix\",\"data\":{}}", "Parameter 'backend.data.addr.data.path' is missing"),
        Data("\"addr\":{\"type\":\"unix\",\"data\":1}", "Invalid parameter type for 'backend.data.addr.data', expected: object"),
        Data("\"addr\":{\"type\":\"unix\",\"data\":{\"path\":1}}",
            "Invalid parameter type for 'backend.data.addr.data.path', expected: string"),
        Data("\"addr\":{\"type\":\"unix\",\"data\":{\"path\":\"x\",\"foo\":1}}", "Parameter 'backend.data.addr.data.foo' is unexpected"),
        Data("\"addr\":{\"type\":\"unix\",\"data\":{\"path\":\"x\"},\"foo\":1}", "Parameter 'backend.data.addr.foo' is unexpected"),
        Data("\"addr\":{\"type\":\"inet\",\"data\":{\"host\":\"h\"}}", "Parameter 'backend.data.addr.data.port' is missing"),
        Data("\"addr\":{\"type\":\"inet\",\"data\":{\"port\":\"0\"}}", "Parameter 'backend.data.addr.data.host' is missing"),
        Data("\"addr\":{\"type\":\"inet\",\"data\":{\"host\":\"h\",\"port\":0}}",
            "Invalid parameter type for 'backend.data.addr.data.port', expected: string"),
        Data("\"addr\":{\"type\":\"inet\",\"data\":{\"host\":\"h\",\"port\":\"0\",\"ipv4\":\"on\"}}",
            "Invalid parameter type for 'backend.data.addr.data.ipv4', expected: boolean"),
        // Without "data" it is the flat SocketAddress, which 7.2's chardev-add does not take.
        Data("\"addr\":{\"type\":\"unix\",\"foo\":1,\"path\":\"x\"}", "Parameter 'backend.data.addr.foo' is unexpected", false),
        Data("\"addr\":{\"type\":\"unix\"}", "Parameter 'backend.data.addr.path' is missing", false),
        new("{\"id\":\"m0\"}", "Parameter 'backend' is missing"),
        new("{\"id\":\"m0\",\"backend\":1}", "Invalid parameter type for 'backend', expected: object"),
        new("{\"id\":\"m0\",\"backend\":{\"type\":\"socket\"}}", "Parameter 'backend.data' is missing"),
        new("{\"id\":\"m0\",\"backend\":{\"type\":\"foo\",\"data\":{}}}", "Parameter 'type' does not accept value 'foo'"),
        new("{\"id\":\"m0\",\"backend\":{\"type\":\"null\",\"data\":{}}}",
            "chardev backend 'null' is not supported here: only 'socket' is", false),
        new($"{{\"id\":\"m0\",\"backend\":{{\"type\":\"socket\",\"data\":{{{Addr}}},\"foo\":1}}}}",
            "Parameter 'backend.foo' is unexpected"),
        new($"{{\"id\":\"m0\",\"backend\":{{\"type\":\"socket\",\"data\":{{{Addr}}}}},\"foo\":1}}", "Parameter 'foo' is unexpected"),
        new($"{{\"id\":1,\"backend\":{{\"type\":\"socket\",\"data\":{{{Addr}}}}}}}", "Invalid parameter type for 'id', expected: string"),
        new($"{{\"backend\":{{\"type\":\"socket\",\"data\":{{{Addr}}}}}}}", "Parameter 'id' is missing"),
        new("{\"id\":", "JSON parse error, the '{' here is never closed (line 1, column 1)", false),
    ];

    private const string Addr = "\"addr\":{\"type\":\"unix\",\"data\":{\"path\":\"/m0\"}}";

    private static SentenceCase Data(string data, string sentence, bool qemu = true) => new(
        $"{{\"id\":\"m0\",\"backend\":{{\"type\":\"socket\",\"data\":{{{data.Replace("{A}", Addr, StringComparison.Ordinal)}}}}}}}",
        sentence,
        qemu);
}
