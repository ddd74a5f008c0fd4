using QmpRedirector.Net;

namespace QmpRedirector.Redirectors;

/// <summary>What a redirector does at one moment, for status, metrics and events.</summary>
/// <param name="Phase">In one word.</param>
/// <param name="Why">Null while active, else the reason as an operator would say it.</param>
/// <param name="Ifname">The TAP it is bound to; null while there is none.</param>
/// <param name="VnetHeaderLength">Bytes of virtio-net header before each frame; null before it is known.</param>
/// <param name="Backlog">What its rings hold.</param>
/// <param name="Cause">What the last change of activity came from: "STOP event", "TAP found" ...; null before the first.</param>
/// <param name="SinceNanoseconds">When that was, or before it when the redirector was made; CLOCK_REALTIME.</param>
internal sealed record RedirectorState(
    RedirectorPhase Phase,
    string? Why,
    string? Ifname,
    int? VnetHeaderLength,
    BacklogCapacity Backlog,
    string? Cause,
    long SinceNanoseconds)
{
    public bool Active => Why is null;
}
