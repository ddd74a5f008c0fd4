using System.CommandLine;
using QmpRedirector.Options;

namespace QmpRedirector.CommandLine;

/// <summary><c>qmp-redirector status</c>.</summary>
internal sealed class StatusCommand : Command
{
    private readonly Option<string?> _control = new("--control");
    private readonly Option<bool> _json = new("--json") { Arity = ArgumentArity.Zero };
    private readonly Option<bool> _watch = new("--watch") { Arity = ArgumentArity.Zero };

    public StatusCommand()
        : base("status", "Show what a running sidecar does: the VM, each redirector, its rates, backlog and drops.")
    {
        TreatUnmatchedTokensAsErrors = false;
        Options.Add(_control);
        Options.Add(_json);
        Options.Add(_watch);
    }

    public OptionsResult<StatusOptions> Read(ParseResult result) => StatusOptions.Parse(
        result.GetResult(_control) is { Tokens.Count: > 0 } control ? control.Tokens[^1].Value : null,
        result.GetResult(_json) is { Implicit: false },
        result.GetResult(_watch) is { Implicit: false });
}
