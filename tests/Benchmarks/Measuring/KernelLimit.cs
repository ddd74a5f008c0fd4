using QmpRedirector.Benchmarks.Sections;

namespace QmpRedirector.Benchmarks.Measuring;

/// <summary>net.core.rmem_max, lowered for a moment to the kernel's own default. It is the whole machine's, and put back.</summary>
internal sealed class KernelLimit : IDisposable
{
    /// <summary>What stock kernels begin with (SK_RMEM_MAX of include/net/sock.h, on 64 bit).</summary>
    private const string Stock = "212992";

    private const string File = "/proc/sys/net/core/rmem_max";

    private readonly string _before;

    private KernelLimit(string before) => _before = before;

    /// <summary>Null where it cannot be changed, as in a container.</summary>
    public static KernelLimit? LowerReceiveBuffers()
    {
        var before = System.IO.File.ReadAllText(File);
        try
        {
            System.IO.File.WriteAllText(File, Stock);
            return new KernelLimit(before);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Progress.Tell($"{File} cannot be changed, so it stays {before.Trim()}");
            return null;
        }
    }

    public void Dispose() => System.IO.File.WriteAllText(File, _before);
}
