using CsCheck;
using QmpRedirector.Testing;
using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Vm;

/// <summary>Against a QEMU whose states, events, answers and lost connections come in any order.</summary>
public sealed class VmFollowerPropertyTests
{
    [Test]
    public async Task However_events_answers_and_lost_connections_mix_the_state_ends_as_the_VMs() =>
        await Gen.Enum<Step>().Array[0, 25].SampleAsync(RunAsync, iter: 60, threads: 1);

    private static async Task<bool> RunAsync(Step[] steps)
    {
        await using var server = FakeQmpServer.Start();
        await using var harness = new FollowerHarness(FollowerHarness.Options(server.Address));
        await using var vm = new SlowVm(server);
        await vm.StartAsync(); // only a VM once followed may be lost
        await harness.WaitForAsync(_ => true, "the first snapshot");
        foreach (var step in steps)
            await vm.TakeAsync(step);

        await vm.AnswerEverythingAsync();
        await vm.SettleAsync();
        await harness.WaitForLastAsync(s => s.Phase == VmPhase.Following && s.RunState == vm.State, $"run state '{vm.State}'");
        await vm.SettleAsync();
        if (harness.Follower.Current.RunState != vm.State)
            return false;
        return AreInOrder(harness.Snapshots);
    }

    private static bool AreInOrder(VmSnapshot[] snapshots)
    {
        for (var i = 0; i < snapshots.Length; i++)
        {
            if (snapshots[i].Running != (snapshots[i].RunState == "running"))
                return false;
            if (i > 0 && (snapshots[i] == snapshots[i - 1] || snapshots[i].ChangedAtNanoseconds < snapshots[i - 1].ChangedAtNanoseconds))
                return false;
            if (i > 0 && snapshots[i].Running == snapshots[i - 1].Running
                && snapshots[i].ChangedAtNanoseconds != snapshots[i - 1].ChangedAtNanoseconds)
                return false;
        }
        return true;
    }
}
