using QmpRedirector.Qmp;

namespace QmpRedirector.Check.Themes;

/// <summary>QEMU's monitor.</summary>
internal static class QmpTheme
{
    public static IEnumerable<Finding> Of(CheckContext context) => [Judge(context)];

    private static Finding Judge(CheckContext context)
    {
        if (context.Vm is not { } asked)
        {
            return new Finding(
                Mark.Warn,
                "qmp",
                $"{context.Options.Run.Qmp} was not tried: a connection that was passed on can be negotiated only once, which is "
                + "for 'run' to do. What QEMU would have told is missing below.");
        }

        if (asked.Facts is { } vm)
        {
            var process = vm.Pid is { } pid ? $"process {pid}" : "its process is not visible from here";
            return new Finding(Mark.Ok, "qmp", $"{vm.Version} at {asked.Address}, {process}.");
        }

        if (asked.Problem is QmpConnectException { Reason: QmpConnectFailure.NoGreeting })
        {
            return new Finding(
                Mark.Fail,
                "qmp",
                $"{asked.Address} is taken, perhaps by a running qmp-redirector: it accepts a connection and does not greet, as QEMU "
                + "serves one client per -qmp socket. What QEMU would have told is missing below.",
                "End the other client, or give QEMU a second socket (-qmp unix:PATH,server=on,wait=off) and use that.");
        }

        var isAbsent = asked.Problem is QmpConnectException
        {
            Reason: QmpConnectFailure.NotFound or QmpConnectFailure.Refused or QmpConnectFailure.Timeout,
        };
        var waits = context.Options.Run.QmpTimeout;
        var wait = !isAbsent ? ""
            : waits == Timeout.InfiniteTimeSpan ? " 'run' would wait for it for ever (--qmp-timeout 0)."
            : $" 'run' would wait {waits.TotalSeconds} s for it.";
        return new Finding(
            isAbsent && waits == Timeout.InfiniteTimeSpan ? Mark.Warn : Mark.Fail,
            "qmp",
            $"{asked.Problem!.Message}{wait} What QEMU would have told is missing below.");
    }
}
