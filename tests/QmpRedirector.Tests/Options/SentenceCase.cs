namespace QmpRedirector.Tests.Options;

/// <param name="Text">The argument.</param>
/// <param name="Sentence">What must be said of it, and nothing else.</param>
/// <param name="Qemu">QEMU 7.2 says just this too; the rest is ours, or differs for a reason given beside it.</param>
internal sealed record SentenceCase(string Text, string Sentence, bool Qemu = true)
{
    public override string ToString() => Text;
}
