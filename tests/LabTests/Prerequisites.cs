using QmpRedirector.SystemTests.Interop;

namespace QmpRedirector.LabTests;

/// <summary>Without these nothing here means anything, so their absence is a failure and not a skip.</summary>
[SetUpFixture]
internal sealed class Prerequisites
{
    [OneTimeSetUp]
    public void The_lab_has_what_the_tests_need()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(LibC.GetEffectiveUserId(), Is.Zero, "lab tests need root");
            foreach (var file in (string[])["/dev/net/tun", "/dev/vhost-net"])
                Assert.That(file, Does.Exist, "lab tests run in the lab: scripts/test.sh LabTests");
        }
    }
}
