using System.Globalization;

namespace QmpRedirector.Running;

/// <summary>
/// Tells systemd at half the time it allows (sd_watchdog_enabled(3)) that the sidecar lives. It tells so only after a proof: where that
/// never comes, nothing is told, and systemd ends the process and starts another.
/// </summary>
/// <param name="allowed">Within this time systemd wants to hear something.</param>
/// <param name="proveAsync">Completes when everything the sidecar is made of has answered.</param>
/// <param name="tell">Tells systemd.</param>
/// <param name="time">The clock of the beats.</param>
internal sealed class Watchdog(TimeSpan allowed, Func<CancellationToken, Task> proveAsync, Action tell, TimeProvider time)
{
    /// <summary>What systemd has asked of this process: the time it allows; null when it asked nothing, or of another process.</summary>
    /// <param name="environment">Gives the environment variables WATCHDOG_USEC (microseconds) and WATCHDOG_PID.</param>
    /// <param name="processId">Of this process.</param>
    public static TimeSpan? Allowed(Func<string, string?> environment, int processId)
    {
        // systemd sets the process id too; where it is absent, the message is for whoever reads it.
        if (environment("WATCHDOG_PID") is { Length: > 0 } pid && pid != processId.ToString(CultureInfo.InvariantCulture))
            return null;
        return long.TryParse(environment("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            && microseconds is > 0 and <= 86_400_000_000
                ? TimeSpan.FromMicroseconds(microseconds)
                : null;
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer beat = new(allowed / 2, time);
        do
        {
            await proveAsync(cancellationToken);
            tell();
        }
        while (await beat.WaitForNextTickAsync(cancellationToken));
    }
}
