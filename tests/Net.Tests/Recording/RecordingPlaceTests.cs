using System.Diagnostics;

namespace QmpRedirector.Net.Tests;

/// <summary>What the look says is what opening does, and nothing is touched.</summary>
internal sealed class RecordingPlaceTests
{
    private string _directory = "";

    [SetUp]
    public void MakeDirectory() => _directory = Directory.CreateTempSubdirectory("place-").FullName;

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(_directory, recursive: true);

    [Test]
    public void A_free_path_is_well_and_stays_free()
    {
        Assert.That(RecordingPlace.Look(PathOf("new")), Is.EqualTo(new RecordingPlace(null, false, false)));
        Assert.That(Directory.EnumerateFileSystemEntries(_directory), Is.Empty);
    }

    [Test]
    public void A_file_is_told_and_kept()
    {
        File.WriteAllText(PathOf("old"), "precious");

        Assert.That(RecordingPlace.Look(PathOf("old")), Is.EqualTo(new RecordingPlace(null, false, true)));
        Assert.That(File.ReadAllText(PathOf("old")), Is.EqualTo("precious"));
    }

    [Test]
    public void A_FIFO_is_told_and_not_opened()
    {
        using (var mkfifo = Process.Start("mkfifo", [PathOf("fifo")]))
            mkfifo.WaitForExit();

        // To open it would wait for a reader, for ever.
        Assert.That(RecordingPlace.Look(PathOf("fifo")), Is.EqualTo(new RecordingPlace(null, true, false)));
    }

    [TestCase("")]
    [TestCase("no/such")]
    [TestCase("file/below")]
    [TestCase("link")]
    [TestCase("folder")]
    public void What_opening_fails_with_is_the_problem(string name)
    {
        File.WriteAllText(PathOf("file"), "");
        File.CreateSymbolicLink(PathOf("link"), PathOf("target"));
        Directory.CreateDirectory(PathOf("folder"));
        var path = name.Length == 0 ? "" : PathOf(name);
        using var recording = new PcapngRecording(new PcapngSection("", "", "test"), _ => { });
        var failure = Assert.Catch<IOException>(() => recording.Open(path));

        Assert.That(failure.Message, Does.EndWith(RecordingPlace.Look(path).Problem!));
    }

    private string PathOf(string name) => Path.Combine(_directory, name);
}
