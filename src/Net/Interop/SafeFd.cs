using System.Runtime.InteropServices;

namespace QmpRedirector.Net.Interop;

/// <summary>Owns one Linux file descriptor of any kind and closes it once.</summary>
public sealed class SafeFd : SafeHandle
{
    /// <summary>Creates an invalid handle for the marshaller to fill in.</summary>
    public SafeFd()
        : base(-1, ownsHandle: true)
    {
    }

    /// <summary>Takes ownership of <paramref name="descriptor"/>.</summary>
    public SafeFd(int descriptor)
        : base(-1, ownsHandle: true) => SetHandle(descriptor);

    /// <inheritdoc />
    // C returns an int: of the register the marshaller reads, only the lower half is said to be -1 (glibc's open leaves the upper one 0).
    public override bool IsInvalid => (int)handle == -1;

    /// <inheritdoc />
    // close(2) releases the descriptor even when it reports EINTR, so its result must not lead to a second close.
    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
