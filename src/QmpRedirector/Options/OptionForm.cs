namespace QmpRedirector.Options;

/// <summary>How an option was written; QEMU's sentences differ between the two.</summary>
internal enum OptionForm
{
    /// <summary><c>key=value,key=value</c>, QEMU's QemuOpts.</summary>
    Text,

    /// <summary>JSON in the shape QMP's object-add and chardev-add take.</summary>
    Json,
}
