using System.Globalization;
using QmpRedirector.Running;

namespace QmpRedirector.Tests.Running;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class PidFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("qr-");

    private string File => Path.Combine(_folder.FullName, "pid");

    public void Dispose() => _folder.Delete(recursive: true);

    [Test]
    public void It_names_this_process_replaces_what_was_there_and_goes()
    {
        System.IO.File.WriteAllText(File, "stale");
        using (PidFile.Write(File))
            Assert.That(System.IO.File.ReadAllText(File), Is.EqualTo(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"));
        Assert.That(File, Does.Not.Exist);
    }

    [Test]
    public void One_that_another_process_has_replaced_is_left_to_it()
    {
        using (PidFile.Write(File))
            System.IO.File.WriteAllText(File, "1\n");
        Assert.That(System.IO.File.ReadAllText(File), Is.EqualTo("1\n"));
    }
}
