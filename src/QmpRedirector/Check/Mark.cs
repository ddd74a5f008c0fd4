namespace QmpRedirector.Check;

/// <summary>What a finding means for <c>run</c>.</summary>
internal enum Mark
{
    /// <summary>As it should be, or only to be known.</summary>
    Ok,

    /// <summary><c>run</c> would start, but perhaps not do what is expected of it.</summary>
    Warn,

    /// <summary><c>run</c> would not work.</summary>
    Fail,
}
