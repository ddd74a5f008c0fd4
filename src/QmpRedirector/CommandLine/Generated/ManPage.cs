using System.CommandLine;
using QmpRedirector.Net;

namespace QmpRedirector.CommandLine.Generated;

/// <summary>The man page, qmp-redirector(1).</summary>
internal static class ManPage
{
    // The page's own date is not the day it is made on, or it would never be up to date.
    private const string Date = "2026-11-22";

    public static string Of(Command root)
    {
        Roff page = new();
        page.Macro($".\\\" {GeneratedFiles.Notice}")
            .Macro($".TH QMP\\-REDIRECTOR 1 {Date} \"{Cli.Program} {Cli.Version}\" \"User Commands\"")
            // Lines of words that are typed are not to be stretched.
            .Macro(".ad l")
            .Section("Name").Macro("qmp\\-redirector \\- filter\\-redirector for the netdevs QEMU's own refuses")
            .Section("Synopsis");
        foreach (Command command in root.Subcommands)
            Synopsis(page, HelpText.Of(command).Usage);
        Synopsis(page, "qmp-redirector --version|--help|--print-capabilities");

        page.Section("Description");
        foreach (string paragraph in ManText.Description)
            page.Paragraph(paragraph);
        page.Section("Commands");
        foreach (Command command in root.Subcommands)
            page.Item(command.Name, HelpText.Of(command).Description);
        Options(page, root);
        Keys(page, "Chardev keys", ManText.Chardev, CommandSyntax.ChardevKeys(root));
        Keys(page, "Object properties", ManText.Object, CommandSyntax.ObjectProperties(root));
        Items(page, "Exit status", ManText.ExitStatus);
        Items(page, "Files", ManText.Files);
        page.Section("Examples");
        foreach (Command command in root.Subcommands)
            Examples(page, command);
        Notes(page);
        return page.Section("See also").Macro(ManText.SeeAlso).ToString();
    }

    private static void Synopsis(Roff page, string usage)
    {
        // .SY indents what follows its argument; the command belongs to it.
        string[] words = usage.Split(' ');
        int name = words[1].StartsWith('-') ? 1 : 2;
        page.Macro($".SY \"{Roff.Typed(string.Join(' ', words[..name]))}\"")
            .Macro(Roff.Typed(string.Join(' ', words[name..])))
            .Macro(".YS");
    }

    private static void Options(Roff page, Command root)
    {
        page.Section("Options");
        foreach (OptionRow row in HelpText.Of(root).Rows.Where(static row => row.Term.StartsWith('-')))
            page.Item(row.Term, row.Text);
        List<(string Command, OptionGroup Group)> told = [];
        foreach (Command command in root.Subcommands)
        {
            page.Subsection($"Options of {command.Name}");
            string? same = null;
            foreach (OptionGroup group in HelpText.Of(command).Groups.Where(static group => !CommandSyntax.IsOfValue(group)))
            {
                same ??= told.Find(other => IsSame(other.Group, group)).Command;
                if (told.Exists(other => IsSame(other.Group, group)))
                    continue;
                told.Add((command.Name, group));
                if (group.Title != "Options")
                    page.Paragraph(group.Title + ":");
                foreach (OptionRow row in group.Rows.Where(static row => row.Term != "-h, --help"))
                    page.Item(row.Term, row.Text);
            }

            if (same is not null)
                page.Paragraph($"It takes the options of {same} too.");
        }
    }

    private static bool IsSame(OptionGroup one, OptionGroup other) =>
        one.Title == other.Title && one.Rows.Select(static row => row.Term).SequenceEqual(other.Rows.Select(static row => row.Term));

    private static void Keys(Roff page, string title, string introduction, IReadOnlyList<OptionRow> rows)
    {
        page.Section(title).Paragraph(introduction);
        foreach (OptionRow row in rows)
            page.Item(row.Term, row.Text);
    }

    private static void Items(Roff page, string title, IEnumerable<(string Term, string Text)> items)
    {
        page.Section(title);
        foreach ((string term, string text) in items)
            page.Item(term, text);
    }

    // Captions end in a colon; what is typed begins with two spaces or more.
    private static void Examples(Roff page, Command command)
    {
        IEnumerable<string> all = HelpText.Of(command).End.Split('\n');
        string[] lines = [.. all.SkipWhile(static line => line != "Examples:").Skip(1).Where(static line => line.Length > 0)];
        for (int i = 0; i < lines.Length;)
        {
            page.Paragraph(IsCaption(lines[i]) ? lines[i++].Trim() : $"With {command.Name}:");
            string[] code = [.. lines[i..].TakeWhile(static line => !IsCaption(line))];
            if (code.Length > 0)
                page.Example(code.Select(line => line[code.Min(static line => line.Length - line.TrimStart().Length)..]));
            i += code.Length;
        }
    }

    private static bool IsCaption(string line) => line.EndsWith(':');

    private static void Notes(Roff page)
    {
        page.Section("Notes").Subsection("When a redirector is active").Example([ManText.Activation]);
        foreach (string paragraph in ManText.WhenActive)
            page.Paragraph(paragraph);
        page.Subsection("Every frame is accounted for").Paragraph(ManText.Account).Example(ManText.Identities);
        page.Paragraph("A frame is dropped for one of these reasons:");
        foreach (DropReason reason in DropReasons.All)
            page.Item(reason.Name(), ManText.Of(reason));
        page.Subsection("What it needs").Paragraph(ManText.Needs);
    }
}
