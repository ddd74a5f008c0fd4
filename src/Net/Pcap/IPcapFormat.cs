namespace QmpRedirector.Net;

/// <summary>How one kind of capture file is read: pcap or pcapng.</summary>
internal interface IPcapFormat
{
    /// <summary>Takes the next packet, and whatever precedes it.</summary>
    /// <returns>False when the rest of it is not here yet.</returns>
    /// <exception cref="PcapException">It cannot be read.</exception>
    bool TryRead(PcapBuffer file, out PcapFrame frame);
}
