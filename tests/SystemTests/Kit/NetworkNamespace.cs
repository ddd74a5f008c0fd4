using System.Globalization;
using QmpRedirector.SystemTests.Interop;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>A network namespace of the test's own, with IPv6 off so that every frame in it is one the test sent.</summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    private const string Prefix = "qr-";

    private static int _count;

    private NetworkNamespace(string name) => Name = name;

    public string Name { get; }

    public static async Task<NetworkNamespace> CreateAsync()
    {
        var created = new NetworkNamespace($"{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
        await CapturedProcess.RunAsync("ip", "netns", "add", created.Name);
        // Address autoconfiguration would send frames of its own on every link that comes up, and the counts would not be exact.
        created.Run(() =>
        {
            foreach (var scope in (string[])["all", "default"]) File.WriteAllText($"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6", "1");
            return 0;
        });
        await created.ExecAsync("ip", "link", "set", "lo", "up");
        return created;
    }

    /// <summary>
    /// Ends and removes what test runs left that were killed: their namespaces carry the process id of a runner that is gone.
    /// </summary>
    public static async Task RemoveLeftoversAsync()
    {
        var names = await CapturedProcess.RunAsync("ip", "netns", "list");
        foreach (var name in names.Split('\n').Select(line => line.Split(' ')[0]).Where(IsLeftover))
        {
            var processes = await CapturedProcess.RunAsync("ip", "netns", "pids", name);
            foreach (var id in processes.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                _ = LibC.Kill(int.Parse(id, CultureInfo.InvariantCulture), Linux.SigKill);
            await CapturedProcess.RunAsync("ip", "netns", "del", name);
            var folder = Path.Combine(Path.GetTempPath(), name);
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>
    /// Runs <paramref name="body"/> on a thread that has entered the namespace: sockets and TAPs opened there belong to it.
    /// </summary>
    public T Run<T>(Func<T> body)
    {
        T result = default!;
        Exception? failure = null;
        // A thread of its own: one from the pool would take the namespace along to unrelated work.
        var thread = new Thread(() =>
        {
            try
            {
                using var file = File.OpenHandle($"/run/netns/{Name}");
                LibC.Check(LibC.SetNamespace(file, Linux.CloneNewNet), $"setns {Name}");
                result = body();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null) throw new InvalidOperationException($"In namespace {Name}: {failure.Message}", failure);
        return result;
    }

    /// <summary>
    /// The command line that starts <paramref name="command"/> inside; `ip` execs it, so the process id is the command's.
    /// </summary>
    public IEnumerable<string> CommandLine(IEnumerable<string> command) => ["ip", "netns", "exec", Name, .. command];

    public Task<string> ExecAsync(params string[] command) => CapturedProcess.RunAsync([.. CommandLine(command)]);

    public async ValueTask DisposeAsync() => await CapturedProcess.RunAsync("ip", "netns", "del", Name);

    private static bool IsLeftover(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && int.TryParse(name[Prefix.Length..].Split('-')[0], out var runner)
        && !Directory.Exists($"/proc/{runner}");
}
