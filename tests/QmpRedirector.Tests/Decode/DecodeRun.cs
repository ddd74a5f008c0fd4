using Microsoft.Extensions.Time.Testing;
using QmpRedirector.Decode;

namespace QmpRedirector.Tests.Decode;

/// <summary>One whole decode of bytes at hand, at 12:34:56.123456 local time.</summary>
internal sealed record DecodeRun(int ExitCode, string[] Lines, string[] Diagnostics)
{
    public static readonly DateTimeOffset Now = new DateTimeOffset(2026, 4, 1, 10, 34, 56, TimeSpan.Zero).AddTicks(1234567);

    /// <summary>The clock of every run: two hours east, so that local time is told from UTC.</summary>
    public static FakeTimeProvider Clock()
    {
        var clock = new FakeTimeProvider(Now);
        clock.SetLocalTimeZone(TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(2), "test", "test"));
        return clock;
    }

    public static Task<DecodeRun> OfAsync(byte[] stream, DecodeSettings? settings = null) => OfAsync(new MemoryStream(stream), settings);

    public static async Task<DecodeRun> OfAsync(
        Stream stream, DecodeSettings? settings = null, Func<Stream>? standardOutput = null, CancellationToken cancellationToken = default)
    {
        using var output = new StringWriter();
        using var diagnostics = new StringWriter();
        var exitCode = await new DecodeSession(Clock(), standardOutput)
            .RunAsync(stream, settings ?? new DecodeSettings(), output, diagnostics, cancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
        return new DecodeRun(exitCode, Split(output), Split(diagnostics));
    }

    private static string[] Split(StringWriter writer) =>
        writer.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
}
