using QmpRedirector.Options;

namespace QmpRedirector.Tests.Options;

/// <summary>Short ways to parse what a test gives.</summary>
internal static class Parsed
{
    public const string Chardev = "socket,id=m0,path=/m0,server=on,wait=off";
    public const string Object = "filter-redirector,id=f0,netdev=n0,outdev=m0";

    public static OptionsResult<RunOptions> Run(string[] chardevs, string[] objects) =>
        RunOptionsParser.Parse(
            new RunArguments
            {
                Chardevs = chardevs,
                Objects = objects,
                Scalars = new Dictionary<string, string> { ["qmp"] = "unix:/qmp" },
            },
            static _ => throw new AssertionException("there is no file to read"));

    public static OptionsResult<RunOptions> Config(string json, RunArguments? arguments = null) =>
        RunOptionsParser.Parse((arguments ?? new RunArguments()) with { Config = "c.json" }, _ => json);

    public static RedirectorOptions OneObject(string text) => Value(Run([Chardev], [text])).Redirectors[0];

    public static ChardevOptions OneChardev(string text) => Value(Run([text], [Object])).Chardevs[0];

    public static T Value<T>(OptionsResult<T> result)
        where T : class
    {
        Assert.That(result.Errors, Is.Empty);
        return result.Value!;
    }
}
