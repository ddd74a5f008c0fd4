using QmpRedirector.Net;

namespace QmpRedirector.Send;

/// <summary>The packets of a capture file, one after the other.</summary>
internal sealed class CaptureSource(Stream file)
{
    private readonly PcapReader _reader = new();
    private PcapFrame _current;

    /// <summary>Good until the next <see cref="MoveNextAsync"/>.</summary>
    public ref readonly PcapFrame Current => ref _current;

    /// <returns>False at the end of the file.</returns>
    /// <exception cref="PcapException">It cannot be read on.</exception>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        while (!_reader.TryRead(out _current))
        {
            // Standard input and files block a thread that no token reaches, so the wait is what is cancelled.
            var count = await file.ReadAsync(_reader.GetMemory(), cancellationToken).AsTask().WaitAsync(cancellationToken);
            if (count == 0)
            {
                _reader.Complete();
                return false;
            }

            _reader.Advance(count);
        }

        return true;
    }
}
