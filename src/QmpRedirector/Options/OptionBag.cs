namespace QmpRedirector.Options;

/// <summary>One argument taken apart, in the one form both grammars are turned into before anything is checked.</summary>
/// <param name="Origin">Where it was written, for sentences: <c>--object filter-redirector,id=f0</c>.</param>
/// <param name="Form">How it was written.</param>
/// <param name="Entries">In the order written; a key may come twice.</param>
internal sealed record OptionBag(string Origin, OptionForm Form, IReadOnlyList<OptionEntry> Entries);
