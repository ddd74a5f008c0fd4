namespace QmpRedirector.Net.Interop;

/// <summary>Frames taken together, and the bytes of them on the wire.</summary>
internal readonly record struct RunTotals(int Frames, long Bytes, int FramesTowardsGuest, long BytesTowardsGuest);
