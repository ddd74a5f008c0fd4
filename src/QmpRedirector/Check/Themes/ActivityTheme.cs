using QmpRedirector.Options;
using QmpRedirector.Vm;

namespace QmpRedirector.Check.Themes;

/// <summary>Whether each redirector would be active now.</summary>
internal static class ActivityTheme
{
    public static IEnumerable<Finding> Of(CheckContext context)
    {
        if (context.Vm?.Facts is not { } vm)
            yield break;
        foreach (var redirector in context.Redirectors)
            yield return new Finding(Mark.Ok, $"{redirector.Id} state", Activity(context, redirector, vm.RunState, vm.Running));
    }

    private static string Activity(CheckContext context, RedirectorOptions redirector, string runState, bool running)
    {
        if (!redirector.Status)
            return "Would not be active now: its status is off.";
        var isActive = Activation.IsActive(redirector.Status, running, redirector.EnableWhenStopped, redirector.DisableWhenRunning);
        if (!isActive)
        {
            return $"Would not be active now: the VM is {runState} and "
                + $"{(running ? "disable_when_running is on" : "enable_when_stopped is off")}.";
        }

        return context.OutdevOf(redirector)?.Options is { Server: true, Wait: true } chardev
            ? $"Would be active now, once a first peer has connected to {chardev.Id} (wait=on): the VM is {runState}."
            : $"Would be active now: the VM is {runState}.";
    }
}
