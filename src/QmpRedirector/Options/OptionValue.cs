namespace QmpRedirector.Options;

internal readonly record struct OptionValue(OptionValueKind Kind, string Text);
