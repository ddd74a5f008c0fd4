namespace QmpRedirector.Tests.Install;

internal sealed record HookResult(int ExitCode, string Output, string Error);
