using System.CommandLine;
using QmpRedirector.Options;

namespace QmpRedirector.CommandLine;

/// <summary><c>qmp-redirector check</c>: the options of <c>run</c>, and the rows of <see cref="CheckSchema"/>.</summary>
internal sealed class CheckCommand : RunCommand
{
    private readonly List<(OptionKey Key, Option Option)> _own;

    public CheckCommand()
        : base("check", "Say whether 'run' would work with these options, and what to do if not; changes nothing.") =>
        _own = AddScalars(CheckSchema.Scalars);

    public CheckArguments ReadCheck(ParseResult result) => new(Read(result), Scalars(result, _own));
}
