using System.CommandLine;
using QmpRedirector.Options;

namespace QmpRedirector.CommandLine;

/// <summary><c>qmp-redirector run</c>. Its single-valued options are the rows of <see cref="RunSchema"/>.</summary>
internal class RunCommand : Command
{
    private readonly Option<string[]> _chardev = new("--chardev", "-chardev");
    private readonly Option<string[]> _object = new("--object", "-object");
    private readonly Option<string[]> _packetFd = new("--packet-fd");
    private readonly Option<string?> _config = new("--config");
    private readonly List<(OptionKey Key, Option Option)> _scalars;

    public RunCommand()
        : this("run", "Follow a VM by QMP, capture its netdevs as filter-redirector would, and send the frames to chardevs.")
    {
    }

    protected RunCommand(string name, string description)
        : base(name, description)
    {
        TreatUnmatchedTokensAsErrors = false;
        Options.Add(_chardev);
        Options.Add(_object);
        Options.Add(_packetFd);
        Options.Add(_config);
        _scalars = AddScalars(RunSchema.Scalars);
    }

    public RunArguments Read(ParseResult result) => new()
    {
        Chardevs = Values(result, _chardev),
        Objects = Values(result, _object),
        PacketFds = Values(result, _packetFd),
        Config = Values(result, _config).LastOrDefault(),
        Scalars = Scalars(result, _scalars),
    };

    protected List<(OptionKey Key, Option Option)> AddScalars(IEnumerable<OptionKey> keys)
    {
        List<(OptionKey Key, Option Option)> scalars = [];
        foreach (OptionKey key in keys)
        {
            Option option = key.Kind == OptionKind.Boolean
                ? new Option<bool>($"--{key.Name}") { Arity = ArgumentArity.Zero }
                : new Option<string?>($"--{key.Name}", key.Name == "qmp" ? ["-qmp"] : []);
            scalars.Add((key, option));
            Options.Add(option);
        }

        return scalars;
    }

    protected static Dictionary<string, string> Scalars(ParseResult result, IEnumerable<(OptionKey Key, Option Option)> scalars) => scalars
        .Where(scalar => result.GetResult(scalar.Option) is { Implicit: false } given && (given.Tokens.Count > 0 || IsFlag(scalar.Key)))
        .ToDictionary(
            static scalar => scalar.Key.Name,
            scalar => IsFlag(scalar.Key) ? "on" : Values(result, scalar.Option)[^1]);

    private static bool IsFlag(OptionKey key) => key.Kind == OptionKind.Boolean;

    // Read from the tokens: they are there, and to be checked, also where the number of them is wrong.
    private static string[] Values(ParseResult result, Option option) =>
        [.. result.GetResult(option)?.Tokens.Select(static token => token.Value) ?? []];
}
