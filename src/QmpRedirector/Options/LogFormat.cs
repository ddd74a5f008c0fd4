namespace QmpRedirector.Options;

internal enum LogFormat
{
    Text,
    Json,

    /// <summary>One line per record with a <c>&lt;N&gt;</c> syslog priority in front, which journald reads.</summary>
    Systemd,
}
