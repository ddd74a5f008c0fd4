using System.CommandLine;
using System.CommandLine.Parsing;
using QmpRedirector.Options;

namespace QmpRedirector.CommandLine;

/// <summary><c>qmp-redirector send</c>.</summary>
internal sealed class SendCommand : Command
{
    private readonly Argument<string?> _file = new("file") { Arity = ArgumentArity.ZeroOrOne, HelpName = "FILE" };
    private readonly Argument<string?> _peer = new("peer") { Arity = ArgumentArity.ZeroOrOne, HelpName = "ADDR|CHARDEV" };
    private readonly Option<bool> _vnetHdrSupport = new("--vnet-hdr-support") { Arity = ArgumentArity.Zero };
    private readonly Option<string?> _vnetHdrLen = new("--vnet-hdr-len");
    private readonly Option<bool> _realtime = new("--realtime") { Arity = ArgumentArity.Zero };

    public SendCommand()
        : base("send", "Send the frames of a pcap or pcapng file as a filter-redirector would, to test a consumer without a guest.")
    {
        TreatUnmatchedTokensAsErrors = false;
        Arguments.Add(_file);
        Arguments.Add(_peer);
        Options.Add(_vnetHdrSupport);
        Options.Add(_vnetHdrLen);
        Options.Add(_realtime);
    }

    public SendArguments Read(ParseResult result) => new()
    {
        File = Last(result.GetResult(_file)),
        Peer = Last(result.GetResult(_peer)),
        VnetHdrSupport = result.GetResult(_vnetHdrSupport) is { Implicit: false },
        VnetHdrLen = Last(result.GetResult(_vnetHdrLen)),
        Realtime = result.GetResult(_realtime) is { Implicit: false },
    };

    private static string? Last(SymbolResult? result) => result is { Tokens.Count: > 0 } ? result.Tokens[^1].Value : null;
}
