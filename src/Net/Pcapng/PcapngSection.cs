namespace QmpRedirector.Net;

/// <summary>What a file says of its origin (options of the Section Header Block); null leaves one out.</summary>
/// <param name="Hardware">shb_hardware: the machine.</param>
/// <param name="OperatingSystem">shb_os: the system.</param>
/// <param name="Application">shb_userappl: the program that writes, with its version.</param>
public sealed record PcapngSection(string? Hardware, string? OperatingSystem, string? Application);
