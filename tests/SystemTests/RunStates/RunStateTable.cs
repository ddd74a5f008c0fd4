using System.Collections.Frozen;

namespace QmpRedirector.SystemTests.RunStates;

/// <summary>
/// Which redirectors are active in which run state, written down and not computed. Columns: status=on, then status=off; in each group
/// enable_when_stopped,disable_when_running = off,off off,on on,off on,on. An x is an active one.
/// </summary>
internal static class RunStateTable
{
    /// <summary>The 16 run states of qapi/run-state.json, by name, and "stopped": a STOP without an answer as to which.</summary>
    public static readonly FrozenDictionary<string, string> Active = new Dictionary<string, string>
    {
        ["debug"] = "..xx....",
        ["inmigrate"] = "..xx....",
        ["internal-error"] = "..xx....",
        ["io-error"] = "..xx....",
        ["paused"] = "..xx....",
        ["postmigrate"] = "..xx....",
        ["prelaunch"] = "..xx....",
        ["finish-migrate"] = "..xx....",
        ["restore-vm"] = "..xx....",
        ["running"] = "x.x.....",
        ["save-vm"] = "..xx....",
        ["shutdown"] = "..xx....",
        ["suspended"] = "..xx....",
        ["watchdog"] = "..xx....",
        ["guest-panicked"] = "..xx....",
        ["colo"] = "..xx....",
        ["stopped"] = "..xx....",
    }.ToFrozenDictionary();
}
