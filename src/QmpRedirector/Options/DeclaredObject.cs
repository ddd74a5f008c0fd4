namespace QmpRedirector.Options;

/// <summary>An object as far as it could be understood.</summary>
internal sealed record DeclaredObject(string Origin, string? Id, string? Type, string? Indev, string? Outdev, RedirectorOptions? Value);
