namespace QmpRedirector.Qmp;

/// <summary>One argument of a command or one member of an event's data, as <c>query-qmp-schema</c> describes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">A built-in type of QAPI: <c>str</c>, <c>int</c>, <c>number</c>, <c>bool</c> or <c>any</c>; in brackets an array of
/// it.</param>
/// <param name="Optional">Whether it may be left out.</param>
public sealed record QmpMember(string Name, string Type = "str", bool Optional = false);
