namespace QmpRedirector.Check;

/// <summary>One thing <c>check</c> looked at.</summary>
/// <param name="Mark">What it means for <c>run</c>.</param>
/// <param name="Subject">What was looked at, in a word or two: "capabilities", "net0 tap", "f0 backlog", "m0".</param>
/// <param name="Text">What was found, and what follows from it.</param>
/// <param name="Remedy">What to do about it; null where nothing needs to be done or the text says it already.</param>
internal sealed record Finding(Mark Mark, string Subject, string Text, string? Remedy = null);
