using QmpRedirector.Benchmarks.Measuring;

namespace QmpRedirector.Benchmarks.Engines;

/// <summary>A program that takes a TAP's frames and forwards them: a row of the tables.</summary>
internal abstract class Engine(string name)
{
    public string Name { get; } = name;

    /// <summary>The TAP it captures on.</summary>
    public virtual string TapName => World.TapName;

    /// <summary>Whether what it forwards is read, and counted, at <see cref="World.PeerPath"/>.</summary>
    public virtual bool HasReader => true;

    /// <summary>Starts it; what is sent from then on it forwards, to whoever listens at <see cref="World.PeerPath"/>.</summary>
    public abstract Task<RunningEngine> StartAsync(World world, Traffic traffic);
}
