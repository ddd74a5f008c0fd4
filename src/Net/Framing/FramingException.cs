namespace QmpRedirector.Net;

/// <summary>A frame announced a length no frame has: the stream is not in step, and there is no getting back.</summary>
public sealed class FramingException : Exception
{
    internal FramingException(uint length, long offset)
        : base(length == 0
            ? $"length 0 at byte {offset}: an empty frame is never sent"
            : $"length {length} at byte {offset} is over {FrameLimits.MaxLength}")
    {
        Length = length;
        Offset = offset;
    }

    /// <summary>The length that was announced, in bytes.</summary>
    public uint Length { get; }

    /// <summary>Where in the stream the length stands, in bytes from its beginning.</summary>
    public long Offset { get; }
}
