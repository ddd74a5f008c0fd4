namespace QmpRedirector.Tests.Vm;

/// <summary>What a <see cref="SlowVm"/> can do next.</summary>
internal enum Step
{
    Stop,
    Resume,
    ResumeSuspended,
    Suspend,
    Wakeup,
    ChangeSilentlyAndReset,
    Answer,
    LoseConnection,
}
