namespace QmpRedirector.Net.Tests;

/// <summary>A whole capture file, read.</summary>
/// <param name="Frames">What was in it.</param>
/// <param name="Error">Why it could not be read to its end; null if it could.</param>
internal sealed record PcapFile(List<PcapFile.Packet> Frames, string? Error)
{
    public sealed record Packet(string Bytes, long Length, long? Time, long Offset);

    /// <param name="file">The bytes of it.</param>
    /// <param name="splits">How many bytes are read each time, from the beginning again at their end.</param>
    public static PcapFile Read(byte[] file, params int[] splits)
    {
        var reader = new PcapReader();
        var frames = new List<Packet>();
        try
        {
            for (int at = 0, turn = 0; at < file.Length; turn++)
            {
                var memory = reader.GetMemory();
                var count = Math.Min(Math.Min(memory.Length, splits is [] ? int.MaxValue : splits[turn % splits.Length]), file.Length - at);
                file.AsMemory(at, count).CopyTo(memory);
                reader.Advance(count);
                at += count;
                while (reader.TryRead(out var frame))
                    frames.Add(new Packet(Convert.ToHexString(frame.Bytes.Span), frame.OriginalLength, frame.Timestamp, frame.Offset));
            }

            reader.Complete();
            return new PcapFile(frames, null);
        }
        catch (PcapException e)
        {
            return new PcapFile(frames, e.Message);
        }
    }

    public bool IsSameAs(PcapFile other) => Error == other.Error && Frames.SequenceEqual(other.Frames);
}
