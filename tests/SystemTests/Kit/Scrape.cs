using System.Globalization;
using System.Net.Sockets;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>One scrape's text, read by the rules of the exposition format, with the names without their prefix.</summary>
internal sealed class Scrape(string text)
{
    private const string Prefix = "qmp_redirector_";

    private readonly Dictionary<string, double> _samples = text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(line => line[0] != '#')
        .Select(line => line.Split(' '))
        .ToDictionary(words => words[0][Prefix.Length..], words => double.Parse(words[1], CultureInfo.InvariantCulture));

    public string Text => text;

    /// <param name="series">As <c>state{redirector="f0",...}</c>.</param>
    public long this[string series] => (long)_samples[series];

    public long Of(string name, string redirector = "f0") => this[$"{name}{{redirector=\"{redirector}\",netdev=\"net0\"}}"];

    public long Dropped(string reason, string redirector = "f0") =>
        this[$"dropped_frames_total{{redirector=\"{redirector}\",netdev=\"net0\",reason=\"{reason}\"}}"];

    public long DroppedInAll(string redirector = "f0") => (long)_samples
        .Where(sample => sample.Key.StartsWith($"dropped_frames_total{{redirector=\"{redirector}\"", StringComparison.Ordinal))
        .Sum(sample => sample.Value);

    public bool IsIn(string state, string redirector = "f0") =>
        this[$"state{{redirector=\"{redirector}\",netdev=\"net0\",state=\"{state}\"}}"] == 1;

    /// <summary>Every captured frame is somewhere.</summary>
    public void Balances() => Assert.That(
        Of("captured_frames_total"),
        Is.EqualTo(Of("forwarded_frames_total") + DroppedInAll() + Of("kernel_dropped_frames_total") + Of("backlog_frames")),
        text);

    /// <summary>An HTTP client whose connections lead to a Unix socket.</summary>
    public static HttpClient ClientOf(string path) => ClientOf(async () =>
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return socket;
    });

    public static HttpClient ClientOf(Func<Task<Socket>> connect) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, _) => new NetworkStream(await connect(), ownsSocket: true),
    })
    {
        BaseAddress = new Uri("http://localhost/"),
        Timeout = Eventually.Deadline,
    };
}
