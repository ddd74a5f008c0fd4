using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests.RunStates;

/// <summary>
/// One sidecar with a redirector for each combination of status, enable_when_stopped and disable_when_running, all on net0, each with a
/// chardev and a peer of its own. Every frame sent is written down with the run state it was sent in.
/// </summary>
internal sealed class EightRedirectors
{
    /// <summary>In the order of <see cref="RunStateTable"/>'s columns.</summary>
    private static readonly (string Id, string Properties)[] Combinations =
    [
        ("f100", ",status=on,enable_when_stopped=off,disable_when_running=off"),
        ("f101", ",status=on,enable_when_stopped=off,disable_when_running=on"),
        ("f110", ",status=on,enable_when_stopped=on,disable_when_running=off"),
        ("f111", ",status=on,enable_when_stopped=on,disable_when_running=on"),
        ("f000", ",status=off,enable_when_stopped=off,disable_when_running=off"),
        ("f001", ",status=off,enable_when_stopped=off,disable_when_running=on"),
        ("f010", ",status=off,enable_when_stopped=on,disable_when_running=off"),
        ("f011", ",status=off,enable_when_stopped=on,disable_when_running=on"),
    ];

    private readonly Sidecar _sidecar;
    private readonly FrameSender _sender;
    private readonly List<string> _sent = [];
    private readonly List<string>[] _expected = [.. Combinations.Select(_ => new List<string>())];
    private ChardevPeer[] _peers = [];

    private EightRedirectors(Sidecar sidecar, FrameSender sender)
    {
        _sidecar = sidecar;
        _sender = sender;
    }

    /// <summary>How much the sidecar has logged, for <see cref="WaitForLogAsync"/> to look at what comes after.</summary>
    public int LogMark => _sidecar.Error.Length;

    public string LogSince(int mark) => _sidecar.Error[mark..];

    /// <param name="properties">More properties of each redirector, beginning with a comma.</param>
    public static async Task<EightRedirectors> StartAsync(Lab lab, string properties = "")
    {
        // wait=on: after READY=1 every peer has been accepted.
        var sidecar = lab.Run([.. Combinations.SelectMany(c => (string[])
        [
            "--chardev", lab.ServerChardev("m" + c.Id, "wait=on"),
            "--object", Capture.Redirector(c.Id, "m" + c.Id, c.Properties + properties),
        ])]);
        var started = new EightRedirectors(sidecar, lab.OpenSender());
        var peers = new List<ChardevPeer>();
        foreach (var (id, _) in Combinations) peers.Add(await lab.ConnectPeerAsync("m" + id));
        started._peers = [.. peers];
        return started;
    }

    public Task ReadyAsync() => _sidecar.ReadyAsync();

    public Task WaitForLogAsync(int mark, string text) => _sidecar.WaitForLogAsync(text, mark);

    public Task WaitForRunStateAsync(int mark, string runState, string cause = "") => _sidecar.WaitForRunStateAsync(runState, mark, cause);

    /// <summary>Sends the next frame while the sidecar knows the VM to be in this run state.</summary>
    public void Send(string runState)
    {
        var frame = $"{_sent.Count} ({runState})";
        _sender.SendNumbered(_sent.Count, 1);
        _sent.Add(frame);
        for (var i = 0; i < Combinations.Length; i++)
        {
            if (RunStateTable.Active[runState][i] == 'x')
                _expected[i].Add(frame);
        }
    }

    /// <summary>
    /// Ends the sidecar and reads every peer to its end: each has got the frames of its run states and no other, and each account agrees.
    /// </summary>
    public async Task EndAsync()
    {
        for (var i = 0; i < Combinations.Length; i++)
        {
            await Eventually.ThatAsync(
                () => _peers[i].Count >= _expected[i].Count, $"frames {string.Join(", ", _expected[i])} arrive from {Combinations[i].Id}");
        }

        var reports = await _sidecar.StopAsync();
        foreach (var peer in _peers) await peer.WaitForEndAsync();
        using (Assert.EnterMultipleScope())
        {
            for (var i = 0; i < Combinations.Length; i++)
            {
                var (id, properties) = Combinations[i];
                Assert.That(Probe.NumbersWithout(_peers[i]).Select(number => _sent[number]), Is.EqualTo(_expected[i]), $"{id}{properties}");
                Accounting.Holds(reports[id], _expected[i].Count, _peers[i]);
            }
        }
    }
}
