using QmpRedirector.CommandLine;
using QmpRedirector.Running;

return await Cli.InvokeAsync(args, RunAction.InvokeAsync, DecodeAction.InvokeAsync, StatusAction.InvokeAsync, Console.Out, Console.Error);
