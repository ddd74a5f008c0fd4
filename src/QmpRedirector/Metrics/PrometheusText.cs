using System.Globalization;
using System.Text;

namespace QmpRedirector.Metrics;

/// <summary>
/// Writes the Prometheus text exposition format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats): a family's HELP and
/// TYPE, then its samples.
/// </summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private const string Prefix = "qmp_redirector_";

    private readonly StringBuilder _text = new();
    private string _name = "";

    public void Family(string name, string type, string help)
    {
        _name = Prefix + name;
        _text.Append(CultureInfo.InvariantCulture, $"# HELP {_name} {help.Replace("\\", "\\\\", StringComparison.Ordinal)}\n");
        _text.Append(CultureInfo.InvariantCulture, $"# TYPE {_name} {type}\n");
    }

    public void Sample(decimal value, params ReadOnlySpan<(string Name, string Value)> labels) => Sample("", value, labels);

    public void Sample(bool value, params ReadOnlySpan<(string Name, string Value)> labels) => Sample("", value ? 1 : 0, labels);

    /// <param name="suffix">What follows the family's name: _bucket, _sum and _count of a histogram.</param>
    /// <param name="value">The sample.</param>
    /// <param name="labels">In the order they are shown.</param>
    public void Sample(string suffix, decimal value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        _text.Append(_name).Append(suffix);
        var separator = '{';
        foreach (var (name, text) in labels)
        {
            _text.Append(separator).Append(name).Append("=\"").Append(Escaped(text)).Append('"');
            separator = ',';
        }

        if (labels.Length > 0)
            _text.Append('}');
        _text.Append(CultureInfo.InvariantCulture, $" {value}\n");
    }

    public override string ToString() => _text.ToString();

    private static string Escaped(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal);
}
