using QmpRedirector.Options;

namespace QmpRedirector.Tests.Options;

/// <summary>Each wrong argument gets its own sentence and no other.</summary>
internal sealed class SentenceTests
{
    [TestCaseSource(typeof(ObjectSentences), nameof(ObjectSentences.Text))]
    [TestCaseSource(typeof(ObjectSentences), nameof(ObjectSentences.Json))]
    public void A_wrong_object_is_told_so_in_QEMUs_words(SentenceCase given)
    {
        OptionsResult<RunOptions> result = Parsed.Run([Parsed.Chardev], [given.Text]);

        Assert.Multiple(() =>
        {
            Assert.That(result.Errors.Select(Sentence), Is.EqualTo([given.Sentence]));
            Assert.That(result.Errors, Has.All.StartsWith("--object "));
            Assert.That(result.Value, Is.Null);
        });
    }

    [TestCaseSource(typeof(ChardevSentences), nameof(ChardevSentences.Text))]
    [TestCaseSource(typeof(ChardevSentences), nameof(ChardevSentences.Json))]
    public void A_wrong_chardev_is_told_so_in_QEMUs_words(SentenceCase given)
    {
        OptionsResult<RunOptions> result = Parsed.Run([Parsed.Chardev.Replace("m0", "other", StringComparison.Ordinal), given.Text],
            [Parsed.Object.Replace("outdev=m0", "outdev=other", StringComparison.Ordinal)]);

        Assert.Multiple(() =>
        {
            Assert.That(result.Errors.Select(Sentence), Is.EqualTo([given.Sentence]));
            Assert.That(result.Errors, Has.All.StartsWith("--chardev "));
            Assert.That(result.Value, Is.Null);
        });
    }

    private static string Sentence(string error) => error[(error.IndexOf(": ", StringComparison.Ordinal) + 2)..];
}
