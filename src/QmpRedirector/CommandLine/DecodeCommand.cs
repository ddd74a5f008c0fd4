using System.CommandLine;
using System.CommandLine.Parsing;
using QmpRedirector.Options;

namespace QmpRedirector.CommandLine;

/// <summary><c>qmp-redirector decode</c>.</summary>
internal sealed class DecodeCommand : Command
{
    private readonly Argument<string?> _input = new("input") { Arity = ArgumentArity.ZeroOrOne, HelpName = "FILE|ADDR|CHARDEV" };
    private readonly Option<bool> _vnetHdrSupport = new("--vnet-hdr-support") { Arity = ArgumentArity.Zero };
    private readonly Option<string?> _vnetHdrLen = new("--vnet-hdr-len");
    private readonly Option<string?> _write = new("-w");
    private readonly Option<string?> _count = new("-c");

    public DecodeCommand()
        : base("decode", "Print the frames of a filter-redirector stream, or write them to a pcapng file.")
    {
        TreatUnmatchedTokensAsErrors = false;
        Arguments.Add(_input);
        Options.Add(_vnetHdrSupport);
        Options.Add(_vnetHdrLen);
        Options.Add(_write);
        Options.Add(_count);
    }

    public DecodeArguments Read(ParseResult result) => new()
    {
        Input = Last(result.GetResult(_input)),
        VnetHdrSupport = result.GetResult(_vnetHdrSupport) is { Implicit: false },
        VnetHdrLen = Last(result.GetResult(_vnetHdrLen)),
        WriteFile = Last(result.GetResult(_write)),
        Count = Last(result.GetResult(_count)),
    };

    private static string? Last(SymbolResult? result) => result is { Tokens.Count: > 0 } ? result.Tokens[^1].Value : null;
}
