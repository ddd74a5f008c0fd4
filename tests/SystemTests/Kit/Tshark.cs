namespace QmpRedirector.SystemTests.Kit;

/// <summary>Debian's tshark as the reader of a recording. It must have nothing to complain about.</summary>
internal static class Tshark
{
    /// <summary>One line a packet: the fields, with an empty one where a packet has none.</summary>
    public static async Task<string[][]> ReadAsync(string path, params string[] fields)
    {
        var output = await RunAsync(path, ["-T", "fields", .. fields.SelectMany(field => (string[])["-e", field])]);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))];
    }

    /// <summary>The bytes of each packet.</summary>
    public static async Task<byte[][]> FramesAsync(string path)
    {
        // Each packet is a block of "0000  52 54 00 ..  RT." lines, and an empty line after it.
        var output = await RunAsync(path, ["-x"]);
        return [.. output.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(block => Convert.FromHexString(string.Concat(
            block.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[6..Math.Min(line.Length, 53)].Replace(" ", "")))))];
    }

    /// <summary>What the statistics of each interface say, from the program that shows them (package wireshark-common).</summary>
    public static async Task<string> CapinfosAsync(string path)
    {
        await using var process = CapturedProcess.Start(["capinfos", path]);
        var exitCode = await process.WaitForExitAsync(Eventually.Deadline);
        Assert.That((exitCode, process.Error), Is.EqualTo((0, "")), "capinfos reads the file without a complaint");
        return process.Output;
    }

    private static async Task<string> RunAsync(string path, string[] arguments)
    {
        // As somebody else, because it complains about running as root; the file is the owner's alone, so it comes by standard input.
        // It also complains about a folder that user cannot read.
        await using var process = CapturedProcess.Start(
        [
            "sh", "-c", "file=$1; shift; cd /; exec setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent tshark -n -r - \"$@\" < \"$file\"",
            "tshark", path, .. arguments,
        ]);
        var exitCode = await process.WaitForExitAsync(TimeSpan.FromSeconds(60));
        Assert.That((exitCode, process.Error), Is.EqualTo((0, "")), "tshark reads the file without a complaint");
        return process.Output;
    }
}
