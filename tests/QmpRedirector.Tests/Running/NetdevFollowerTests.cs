using Microsoft.Extensions.Logging.Abstractions;
using QmpRedirector.Redirectors;

namespace QmpRedirector.Tests.Running;

/// <summary>What follows the netdev of a redirector that may come and go.</summary>
[TestFixture]
internal sealed class NetdevFollowerTests
{
    /// <summary>The VM's events come from another thread than object-del; what they throw would end the process.</summary>
    [Test]
    public void To_be_woken_after_its_end_does_nothing()
    {
        var follower = new NetdevFollower(null!, null!, null!, waitsForNetdev: false, TimeProvider.System, NullLogger.Instance);
        follower.Dispose();

        Assert.That(follower.Wake, Throws.Nothing);
    }
}
