namespace QmpRedirector.Tests.Decode;

/// <summary>
/// Gives each read the next of its chunks; then ends, fails, or (deaf to cancellation, as standard input is) never comes back.
/// </summary>
internal sealed class ScriptedStream(byte[][] chunks, IOException? failure = null, bool endless = false) : Stream
{
    private int _next;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_next < chunks.Length)
        {
            chunks[_next].CopyTo(buffer);
            return chunks[_next++].Length;
        }

        if (endless)
            await new TaskCompletionSource().Task;
        return failure is null ? 0 : throw failure;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
