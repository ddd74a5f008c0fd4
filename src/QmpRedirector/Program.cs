using QmpRedirector.CommandLine;
using QmpRedirector.Running;

return await Cli.InvokeAsync(
    args,
    RunAction.InvokeAsync,
    CheckAction.InvokeAsync,
    DecodeAction.InvokeAsync,
    SendAction.InvokeAsync,
    StatusAction.InvokeAsync,
    Console.Out,
    Console.Error);
