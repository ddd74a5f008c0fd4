using Microsoft.Win32.SafeHandles;

namespace QmpRedirector.Running;

/// <summary>Standard output for what goes on until it is told to end.</summary>
internal static class StandardOutput
{
    private const int Descriptor = 1;

    // asm-generic/errno-base.h
    private const int BrokenPipe = 32;

    /// <summary>
    /// Fails when nobody reads any more. The console's own says nothing then, so that a <c>--watch</c> into <c>head</c> would run for ever.
    /// </summary>
    public static Stream OpenStream()
    {
        if (!Console.IsOutputRedirected)
            return Console.OpenStandardOutput();

        // In a file, a FileStream writes to places of its own, whoever else has written to it.
        var stream = new FileStream(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return stream.CanSeek ? Console.OpenStandardOutput() : stream;
    }

    /// <summary>The same for text that is written at once.</summary>
    public static TextWriter Open() =>
        Console.IsOutputRedirected ? new StreamWriter(OpenStream()) { AutoFlush = true } : Console.Out;

    /// <summary>True when a write failed because its reader has gone.</summary>
    public static bool IsReadNoMore(IOException e) => e.HResult == BrokenPipe;
}
