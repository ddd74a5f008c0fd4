using QmpRedirector.SystemTests.Interop;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests;

/// <summary>Without these nothing here means anything, so their absence is a failure and not a skip.</summary>
[SetUpFixture]
internal sealed class Prerequisites
{
    [OneTimeSetUp]
    public async Task The_machine_has_what_the_tests_need()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(LibC.GetEffectiveUserId(), Is.Zero, "system tests need root");
            foreach (var file in (string[])["/dev/net/tun", "/usr/bin/qemu-system-x86_64", "/usr/bin/setpriv"])
                Assert.That(file, Does.Exist, "system tests need TAP devices, Debian's qemu-system-x86 and util-linux");
            foreach (var file in (string[])["/usr/bin/gcc", "/usr/bin/systemd-analyze", "/usr/share/doc/python3-seccomp"])
                Assert.That(file, Does.Exist, "the unit's filter needs gcc, libc6-dev, systemd and python3-seccomp (scripts/test.sh)");
        }

        await NetworkNamespace.RemoveLeftoversAsync();
        await UnitFilter.CompileAsync();
    }
}
