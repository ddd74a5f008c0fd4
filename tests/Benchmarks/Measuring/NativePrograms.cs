using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.Benchmarks.Measuring;

/// <summary>The C programs in native/, compiled.</summary>
internal sealed class NativePrograms
{
    private readonly string _folder;

    private NativePrograms(string folder) => _folder = folder;

    public static async Task<NativePrograms> BuildAsync(string folder)
    {
        var built = new NativePrograms(folder);
        foreach (var program in (string[])["rfc_loop", "recvmmsg", "ring_v2", "ring_v3"]) await built.CompileAsync(program, "forward");
        foreach (var program in (string[])["generator", "drain", "latency"]) await built.CompileAsync(program);
        return built;
    }

    public string PathOf(string program) => Path.Combine(_folder, program);

    private async Task CompileAsync(string program, params string[] parts)
    {
        var sources = parts.Prepend(program).Append("common").Select(name => Path.Combine(AppContext.BaseDirectory, "native", $"{name}.c"));
        await CapturedProcess.RunAsync(
            ["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", PathOf(program), .. sources]);
    }
}
