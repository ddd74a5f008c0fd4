using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Vm;

public sealed class ActivationTests
{
    // on, running, enable_when_stopped, disable_when_running
    [TestCase(false, false, false, false, false)]
    [TestCase(false, false, false, true, false)]
    [TestCase(false, false, true, false, false)]
    [TestCase(false, false, true, true, false)]
    [TestCase(false, true, false, false, false)]
    [TestCase(false, true, false, true, false)]
    [TestCase(false, true, true, false, false)]
    [TestCase(false, true, true, true, false)]
    [TestCase(true, false, false, false, false)]
    [TestCase(true, false, false, true, false)]
    [TestCase(true, false, true, false, true)]
    [TestCase(true, false, true, true, true)]
    [TestCase(true, true, false, false, true)]
    [TestCase(true, true, false, true, false)]
    [TestCase(true, true, true, false, true)]
    [TestCase(true, true, true, true, false)]
    public void A_redirector_is_active_by_its_status_the_run_state_and_its_two_exceptions(
        bool on, bool running, bool enableWhenStopped, bool disableWhenRunning, bool active) =>
        Assert.That(Activation.IsActive(on, running, enableWhenStopped, disableWhenRunning), Is.EqualTo(active));
}
