using System.Globalization;

namespace QmpRedirector.Options;

/// <summary>Checks bags against a schema, reports what is wrong, and gives the rest out by key.</summary>
internal sealed class OptionReader(OptionSchema schema, OptionReport report)
{
    private readonly Dictionary<string, (string Value, string Origin)> _values = [];
    private readonly HashSet<string> _given = [];

    /// <summary>Adds what one argument says; of a key given twice the last counts, of an id the first, as in QEMU.</summary>
    public void Add(OptionBag bag)
    {
        foreach (OptionEntry entry in bag.Entries)
            Add(bag, entry);
    }

    /// <summary>Reports each required key that was not given at all.</summary>
    public void RequireKeys(OptionBag bag)
    {
        foreach (OptionKey key in schema.Keys.Where(key => key.Required && !_given.Contains(key.Name)))
            report.Error(bag.Origin, QemuSentences.Missing(key.Name));
    }

    /// <summary>Was the key given, rightly or wrongly?</summary>
    public bool Has(string key) => _given.Contains(key);

    public string? String(string key) => _values.TryGetValue(key, out (string Value, string) found) ? found.Value : null;

    public bool? Boolean(string key) => String(key) is string text ? text == "on" : null;

    /// <summary>A number; what is beyond a long is as good as its largest value.</summary>
    public long? Number(string key) => String(key) is string text
        ? (long)ulong.Min(ulong.Parse(text, CultureInfo.InvariantCulture), long.MaxValue)
        : null;

    /// <summary>Where the value that counts was written.</summary>
    public string Origin(string key) => _values[key].Origin;

    private void Add(OptionBag bag, OptionEntry entry)
    {
        OptionKey? key = schema.Find(entry.Key);
        if (key is null)
        {
            report.Error(bag.Origin, bag.Form == OptionForm.Json ? QemuSentences.Unexpected(entry.Path) : schema.UnknownInText(entry.Path));
            return;
        }

        bool repeated = !_given.Add(key.Name);
        string? value = OptionConversion.Convert(key, entry, out string sentence);
        if (key.Support == OptionSupport.Foreign && !(key.Kind == OptionKind.Boolean && value == "off"))
            (value, sentence) = (null, OurSentences.Foreign(entry.Path));
        if (value is null)
            report.Error(bag.Origin, sentence);
        else if (!(repeated && key.Kind == OptionKind.Id))
            _values[key.Name] = (value, bag.Origin);
        if (key.Support == OptionSupport.Later && value is not null)
            report.Error(bag.Origin, OurSentences.Later($"'{key.Name}'"));
    }
}
