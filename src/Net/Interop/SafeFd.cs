using Microsoft.Win32.SafeHandles;

namespace QmpRedirector.Net.Interop;

/// <summary>Owns one Linux file descriptor of any kind and closes it once.</summary>
public sealed class SafeFd : SafeHandleMinusOneIsInvalid
{
    /// <summary>Creates an invalid handle for the marshaller to fill in.</summary>
    public SafeFd()
        : base(ownsHandle: true)
    {
    }

    /// <summary>Takes ownership of <paramref name="descriptor"/>.</summary>
    public SafeFd(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <inheritdoc />
    // close(2) releases the descriptor even when it reports EINTR, so its result must not lead to a second close.
    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
