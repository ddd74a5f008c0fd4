namespace QmpRedirector.Vm;

/// <summary>An event after which a netdev's TAP or its NIC's negotiated features may be others.</summary>
/// <param name="EventName">The QMP event, for example "DEVICE_DELETED".</param>
/// <param name="NetdevId">The netdev it names; null when it names none, so that every netdev is meant.</param>
internal sealed record NicChange(string EventName, string? NetdevId);
