using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.LabTests;

/// <summary>Links and addresses of one test, gone at its end.</summary>
internal sealed class Links(NetworkNamespace ns) : IAsyncDisposable
{
    private readonly Stack<string[]> _undo = new();

    /// <summary>`ip link add`, and up.</summary>
    public async Task AddAsync(string name, params string[] options)
    {
        await ns.ExecAsync(["ip", "link", "add", .. options]);
        _undo.Push(["ip", "link", "del", name]);
        await ns.ExecAsync("ip", "link", "set", name, "up");
    }

    /// <summary>The host's address, and where the guest is.</summary>
    public async Task AddressAsync(string name)
    {
        await ns.ExecAsync("ip", "address", "add", "10.9.0.1/24", "dev", name);
        _undo.Push(["ip", "address", "flush", "dev", name]);
        await ns.ExecAsync("ip", "neigh", "replace", "10.9.0.2", "lladdr", VhostGuest.Mac, "nud", "permanent", "dev", name);
    }

    public async ValueTask DisposeAsync()
    {
        while (_undo.TryPop(out var command)) await ns.ExecAsync(command);
    }
}
