using System.CommandLine;
using System.Globalization;
using System.Text;

namespace QmpRedirector.CommandLine.Generated;

/// <summary>The completions of zsh.</summary>
internal static class ZshCompletion
{
    public static string Of(Command root)
    {
        CommandSyntax[] commands = [.. CommandSyntax.All(root)];
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"#compdef qmp-redirector\n# {GeneratedFiles.Notice}\n\n");
        Values(text, "chardev", ["socket"], CommandSyntax.ChardevKeys(root));
        Values(text, "object", ["filter-redirector", "filter-mirror"], CommandSyntax.ObjectProperties(root));
        text.Append(
            """
            _qmp_redirector_address() {
              compset -P unix: && { _files; return }
              compadd -S '' -- unix: tcp: fd:
              _files
            }

            _qmp-redirector() {
              local curcontext="$curcontext" state line ret=1
              typeset -A opt_args


            """);
        text.Append("  _arguments -C \\\n");
        foreach (OptionSyntax option in commands[0].Options)
            text.Append("    ").Append(Spec(option, "(- *)")).Append(" \\\n");
        text.Append("    '1:command:->command' \\\n    '*::argument:->argument' && return\n\n  case $state in\n    command)\n");
        text.Append("      local -a commands=(\n");
        foreach (CommandSyntax command in commands[1..])
            text.Append(CultureInfo.InvariantCulture, $"        {Quoted($"{command.Name}:{command.Summary}")}\n");
        text.Append("      )\n      _describe command commands && ret=0\n      ;;\n    argument)\n      case $words[1] in\n");
        foreach (CommandSyntax command in commands[1..])
        {
            text.Append(CultureInfo.InvariantCulture, $"        {command.Name})\n          _arguments");
            foreach (OptionSyntax option in command.Options)
                text.Append(" \\\n            ").Append(Spec(option, ""));
            for (int i = 0; i < command.Arguments.Count; i++)
            {
                IReadOnlyList<string> kinds = command.Arguments[i];
                text.Append(CultureInfo.InvariantCulture, $" \\\n            '{i + 1}:{string.Join(" or ", kinds)}:{Action(kinds)}'");
            }

            text.Append(" && ret=0\n          ;;\n");
        }

        return text.Append("      esac\n      ;;\n  esac\n  return ret\n}\n\n_qmp-redirector \"$@\"\n").ToString();
    }

    private static void Values(StringBuilder text, string name, string[] types, IReadOnlyList<OptionRow> rows)
    {
        text.Append(CultureInfo.InvariantCulture, $"_qmp_redirector_{name}() {{\n  if compset -P '({string.Join('|', types)}),'; then\n");
        text.Append(CultureInfo.InvariantCulture, $"    _values -s , '{name}'");
        foreach (OptionRow row in rows)
            text.Append(" \\\n      ").Append(Quoted($"{row.Names.First()}[{Escaped(row.Text)}]:{row.Names.First()}:{Action(row)}"));
        text.Append(CultureInfo.InvariantCulture, $"\n  else\n    compadd -q -S , {string.Join(' ', types)}\n  fi\n}}\n\n");
    }

    private static string Spec(OptionSyntax option, string excludes)
    {
        string value = option.ValueName.Length == 0 ? "" : $":{option.ValueName}:{Action(option)}";
        string repeat = option.Repeats ? "*" : excludes;
        // The names stand outside of the quotes, so that each makes a specification of its own.
        return option.Names is [var only]
            ? Quoted($"{repeat}{only}[{Escaped(option.Help)}]{value}")
            : $"{Quoted(repeat)}{{{string.Join(',', option.Names)}}}{Quoted($"[{Escaped(option.Help)}]{value}")}";
    }

    private static string Action(OptionSyntax option) => option switch
    {
        { Values: not [] } => $"({string.Join(' ', option.Values)})",
        { ValueName: "OPTS" } => $"_qmp_redirector_{option.Names[0].TrimStart('-')}",
        _ => Action([option.ValueName]),
    };

    private static string Action(OptionRow row) => row.Values is [] ? Action([row.ValueName]) : $"({string.Join(' ', row.Values)})";

    private static string Action(IReadOnlyList<string> kinds) => kinds switch
    {
        _ when kinds.Contains("ADDR") => "_qmp_redirector_address",
        ["FILE" or "PATH"] => "_files",
        ["IFNAME"] => "_net_interfaces",
        _ => " ",
    };

    private static string Escaped(string text) => text
        .Replace("[", "\\[", StringComparison.Ordinal)
        .Replace("]", "\\]", StringComparison.Ordinal)
        .Replace(":", "\\:", StringComparison.Ordinal);

    private static string Quoted(string text) => text.Length == 0 ? "" : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
