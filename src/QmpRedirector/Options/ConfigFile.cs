using System.Text.Json;

namespace QmpRedirector.Options;

/// <summary>
/// The file of <c>--config</c>: one JSON object with the options of <c>run</c> by name, <c>chardevs</c> and <c>objects</c> as lists of
/// QEMU option strings or of what chardev-add and object-add take.
/// </summary>
internal sealed class ConfigFile(string origin, OptionReport report)
{
    private readonly List<OptionEntry> _scalars = [];
    private readonly List<DeclaredChardev> _chardevs = [];
    private readonly List<DeclaredObject> _objects = [];

    /// <summary>Empty when the file could not be read as JSON.</summary>
    public OptionBag Scalars => new(origin, OptionForm.Json, _scalars);

    /// <summary>Was it a JSON object? If not, nothing is known of what it should have held.</summary>
    public bool IsRead { get; private set; }

    public IReadOnlyList<DeclaredChardev> Chardevs => _chardevs;

    public IReadOnlyList<DeclaredObject> Objects => _objects;

    /// <param name="path">The file.</param>
    /// <param name="readFile">Gives its text, or throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</param>
    /// <param name="report">Takes every error.</param>
    public static ConfigFile Read(string path, Func<string, string> readFile, OptionReport report)
    {
        ConfigFile config = new($"--config {OptionOrigin.Shown(path)}", report);
        try
        {
            config.Load(readFile(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            config.Error($"the file cannot be read: {error.Message}");
        }
        catch (ArgumentException)
        {
            config.Error("this is not the name of a file");
        }

        return config;
    }

    private void Load(string text)
    {
        using JsonDocument? document = QemuJson.Parse(text, out string sentence);
        if (document is null)
            Error(sentence);
        else if (document.RootElement.ValueKind != JsonValueKind.Object)
            Error("the file holds no JSON object");
        else
            Load(document.RootElement);
    }

    private void Load(JsonElement root)
    {
        IsRead = true;
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.Name == RunSchema.ChardevsKey)
                List(property, AddChardev);
            else if (property.Name == RunSchema.ObjectsKey)
                List(property, AddObject);
            else
                _scalars.Add(new OptionEntry(property.Name, property.Name, QemuJson.Value(property.Value)));
        }
    }

    private void List(JsonProperty list, Action<JsonElement, string> add)
    {
        if (list.Value.ValueKind != JsonValueKind.Array)
        {
            Error(QemuSentences.WrongType(list.Name, "array"));
            return;
        }

        int index = 0;
        foreach (JsonElement item in list.Value.EnumerateArray())
        {
            string path = $"{list.Name}[{index++}]";
            if (item.ValueKind is JsonValueKind.Object or JsonValueKind.String)
                add(item, path);
            else
                Error(QemuSentences.WrongType(path, "object"));
        }
    }

    private void AddChardev(JsonElement item, string path) => _chardevs.Add(item.ValueKind == JsonValueKind.String
        ? ChardevParser.Parse(item.GetString()!, $"{origin}: {path}", report)
        : ChardevParser.Parse(item, $"{origin}: {path}", report));

    private void AddObject(JsonElement item, string path) => _objects.Add(item.ValueKind == JsonValueKind.String
        ? ObjectParser.Parse(item.GetString()!, $"{origin}: {path}", report)
        : ObjectParser.Parse(item, (_, _) => $"{origin}: {path}", report));

    private void Error(string sentence) => report.Error(origin, sentence);
}
