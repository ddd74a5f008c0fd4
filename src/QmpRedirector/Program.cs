using QmpRedirector.CommandLine;

return await Cli.InvokeAsync(
    args,
    static (_, _) => throw new InvalidOperationException("run is wired in where the parts are merged."),
    static (_, _) => throw new InvalidOperationException("decode is wired in where the parts are merged."),
    Console.Out,
    Console.Error);
