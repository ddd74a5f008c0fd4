namespace QmpRedirector.Testing;

/// <summary>An object of a <see cref="FakeQom"/>: its type and its properties as JSON.</summary>
internal sealed record FakeQomObject(string Type, Dictionary<string, string> Properties);
