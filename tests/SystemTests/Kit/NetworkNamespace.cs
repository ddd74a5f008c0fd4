using QmpRedirector.SystemTests.Interop;

namespace QmpRedirector.SystemTests.Kit;

/// <summary>A network namespace of the test's own, with IPv6 off so that every frame in it is one the test sent.</summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    private static int _count;

    private NetworkNamespace(string name) => Name = name;

    public string Name { get; }

    public static async Task<NetworkNamespace> CreateAsync()
    {
        var created = new NetworkNamespace($"qr-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
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

    /// <summary>Runs <paramref name="body"/> on a thread that has entered the namespace: sockets and TAPs opened there belong to it.</summary>
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

    /// <summary>The command line that starts <paramref name="command"/> inside; `ip` execs it, so the process id is the command's.</summary>
    public IEnumerable<string> CommandLine(IEnumerable<string> command) => ["ip", "netns", "exec", Name, .. command];

    public Task<string> ExecAsync(params string[] command) => CapturedProcess.RunAsync([.. CommandLine(command)]);

    public async ValueTask DisposeAsync() => await CapturedProcess.RunAsync("ip", "netns", "del", Name);
}
