using QmpRedirector.Qmp;

namespace QmpRedirector.Check.Facts;

/// <summary>What came of asking a QEMU.</summary>
/// <param name="Address">Where it was asked.</param>
/// <param name="Facts">Its answers; null when there is a problem.</param>
/// <param name="Problem">Why there are none.</param>
internal sealed record Asked<T>(string Address, T? Facts, QmpException? Problem)
    where T : class
{
    /// <summary>Connects once, asks, and leaves: while this lasts, the monitor is nobody else's.</summary>
    public static async Task<Asked<T>> OnceAsync(
        QmpClientOptions options, Func<QmpClient, Task<T>> ask, CancellationToken cancellationToken)
    {
        var address = options.Address.ToString();
        try
        {
            await using var client = new QmpClient(options);
            await client.ConnectAsync(cancellationToken);
            return new Asked<T>(address, await ask(client), null);
        }
        catch (QmpException e)
        {
            return new Asked<T>(address, null, e);
        }
    }
}
