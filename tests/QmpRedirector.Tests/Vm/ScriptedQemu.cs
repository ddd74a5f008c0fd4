using QmpRedirector.Testing;

namespace QmpRedirector.Tests.Vm;

/// <summary>The words of a scripted QEMU with a <see cref="QmpRedirector.Vm.VmFollower"/> as its client.</summary>
internal static class ScriptedQemu
{
    /// <summary>The next client, up to the answer to its first query-status. It does not learn a process.</summary>
    public static async Task<FakeQmpConnection> AcceptAsync(FakeQmpServer server, string state)
    {
        var qemu = await server.AcceptNegotiatedAsync();
        await qemu.SendReturnAsync("[]", await qemu.ExpectAsync("query-cpus-fast"));
        await qemu.SendReturnAsync(Status(state), await ExpectStatusAsync(qemu));
        return qemu;
    }

    /// <summary>The client's next query-status; what it asks besides has an empty answer.</summary>
    public static async Task<FakeCommand> ExpectStatusAsync(FakeQmpConnection qemu)
    {
        while (true)
        {
            var command = await Bounded.WaitAsync(qemu.ReceiveAsync(), "query-status")
                ?? throw new InvalidOperationException("The client left.");
            if (command.Name == "query-status")
                return command;
            await qemu.SendReturnAsync("[]", command);
        }
    }

    /// <summary>An answer to query-status.</summary>
    public static string Status(string state) =>
        $$"""{"status": "{{state}}", "singlestep": false, "running": {{(state == "running" ? "true" : "false")}}}""";

    /// <summary>Now, in ns since the epoch at QEMU's resolution.</summary>
    public static long NowMicroseconds() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks / 10 * 1000;
}
