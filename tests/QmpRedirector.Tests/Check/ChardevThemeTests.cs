using QmpRedirector.Check;
using QmpRedirector.Check.Themes;
using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Check;

internal sealed class ChardevThemeTests
{
    [TestCase(Scene.Server, false, "unix:/m0 is free to listen on.")]
    [TestCase(Scene.Server, true, "A stale socket is at unix:/m0: 'run' replaces it.")]
    [TestCase("socket,id=m0,path=/m0,server=on", false,
        "unix:/m0 is free to listen on. 'run' is not ready before a peer has connected (wait=on).")]
    [TestCase("socket,id=m0,host=h,port=9003,server=on,wait=off", false, "tcp:h:9003 is free to listen on.")]
    [TestCase("socket,id=m0,fd=3,server=on,wait=off", false, "fd:3 is a socket, to listen on.")]
    public void A_server_that_could_listen_is_well(string chardev, bool exists, string text) =>
        Assert.That(
            ChardevTheme.Of(Scene.Of(chardev: chardev).WithChardev(c => c with { SocketExists = exists })).Single(),
            Is.EqualTo(new Finding(Mark.Ok, "m0", text)));

    [Test]
    public void A_server_path_where_somebody_listens_is_a_warning()
    {
        var scene = Scene.Of().WithChardev(c => c with { SocketExists = true, Use = new UnixSocketUse(true, 1) });

        var finding = ChardevTheme.Of(scene).Single();

        Assert.That(finding.Mark, Is.EqualTo(Mark.Warn));
        Assert.That(finding.Text, Does.Contain("one peer is connected").And.Contain("'run' would take the path over"));
    }

    [TestCase(Scene.Server, Mark.Fail)]
    [TestCase(Scene.Client, Mark.Fail)]
    [TestCase(Scene.Client + ",reconnect=2", Mark.Warn)]
    public void A_problem_fails_unless_run_would_try_again(string chardev, Mark mark)
    {
        var finding = ChardevTheme.Of(Scene.Of(chardev: chardev).WithChardev(c => c with { Problem = "Failed to: No such file" })).Single();

        Assert.That((finding.Mark, finding.Remedy is null), Is.EqualTo((mark, false)));
        Assert.That(finding.Text, Does.StartWith("Failed to: No such file."));
    }

    [TestCase(Scene.Client, true, 0, Mark.Ok)]
    [TestCase(Scene.Client, true, 1, Mark.Warn)]
    [TestCase(Scene.Client, false, 0, Mark.Fail)]
    [TestCase(Scene.Client + ",reconnect=2", false, 0, Mark.Warn)]
    [TestCase("socket,id=m0,path=abs,abstract=on", true, 0, Mark.Ok)]
    [TestCase("socket,id=m0,fd=3", false, 0, Mark.Ok)]
    public void A_clients_peer_is_judged_without_a_connection(string chardev, bool listens, int connections, Mark mark) =>
        Assert.That(
            ChardevTheme.Of(Scene.Of(chardev: chardev)
                .WithChardev(c => c with { Use = new UnixSocketUse(listens, connections) })).Single().Mark,
            Is.EqualTo(mark));

    [TestCase("", true)]
    [TestCase(",reconnect=1", false)]
    public void A_TCP_client_is_not_tried_and_says_so(string reconnect, bool ends)
    {
        var finding = ChardevTheme.Of(Scene.Of(chardev: $"socket,id=m0,host=h,port=9003{reconnect}")).Single();

        Assert.That(finding.Mark, Is.EqualTo(Mark.Warn));
        Assert.That(finding.Text, Does.StartWith("tcp:h:9003 was not tried:"));
        Assert.That(finding.Text.Contains("'run' ends at once", StringComparison.Ordinal), Is.EqualTo(ends));
        Assert.That(finding.Remedy, Does.Contain("--peer-qmp"));
    }
}
