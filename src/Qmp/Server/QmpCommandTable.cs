using System.Diagnostics.CodeAnalysis;

namespace QmpRedirector.Qmp;

/// <summary>
/// The commands and events of a server. Fill it before the server opens; the server adds <c>qmp_capabilities</c>,
/// <c>query-version</c>, <c>query-commands</c> and <c>query-qmp-schema</c> itself.
/// </summary>
public sealed class QmpCommandTable
{
    private readonly Dictionary<string, QmpCommand> _commands = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<QmpMember>> _events = new(StringComparer.Ordinal);

    /// <summary>A table without commands.</summary>
    public QmpCommandTable()
    {
    }

    internal QmpCommandTable(QmpCommandTable other)
    {
        _commands = new(other._commands, StringComparer.Ordinal);
        _events = new(other._events, StringComparer.Ordinal);
    }

    internal IReadOnlyCollection<QmpCommand> Commands => _commands.Values;

    internal IReadOnlyDictionary<string, IReadOnlyList<QmpMember>> Events => _events;

    /// <summary>Adds a command.</summary>
    /// <param name="name">Its name, as clients write it.</param>
    /// <param name="handler">What carries it out.</param>
    /// <param name="allowOob">Whether clients may execute it out of band: before commands that came earlier, so it must be quick.</param>
    /// <param name="members">Its arguments, for introspection only.</param>
    /// <exception cref="ArgumentException">There is a command of this name.</exception>
    public void Add(string name, QmpCommandHandler handler, bool allowOob = false, params IReadOnlyList<QmpMember> members) =>
        _commands.Add(name, new QmpCommand(name, handler, allowOob, members));

    /// <summary>Names an event and the members of its data, for introspection only.</summary>
    /// <exception cref="ArgumentException">There is an event of this name.</exception>
    public void AddEvent(string name, params IReadOnlyList<QmpMember> members) => _events.Add(name, members);

    internal bool TryGet(string name, [NotNullWhen(true)] out QmpCommand? command) => _commands.TryGetValue(name, out command);
}
