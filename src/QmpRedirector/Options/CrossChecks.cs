namespace QmpRedirector.Options;

/// <summary>What only shows when all chardevs and objects are seen together; each check reports every case.</summary>
internal static class CrossChecks
{
    public static void Run(IReadOnlyList<DeclaredChardev> chardevs, IReadOnlyList<DeclaredObject> objects, OptionReport report)
    {
        HashSet<string> chardevIds = [];
        foreach (DeclaredChardev chardev in chardevs)
        {
            if (chardev.Id is string id && !chardevIds.Add(id))
                report.Error(chardev.Origin, QemuSentences.DuplicateId(id, "chardev"));
        }

        HashSet<string> objectIds = [];
        HashSet<string> used = [];
        foreach (DeclaredObject declared in objects)
        {
            if (declared.Id is string id && !objectIds.Add(id))
                report.Error(declared.Origin, QemuSentences.DuplicateId(id, "object"));
            Use(declared, declared.Indev, QemuSentences.NoInDevice);
            if (declared.Outdev != declared.Indev)
                Use(declared, declared.Outdev, IsMirror(declared) ? QemuSentences.NoDevice : QemuSentences.NoOutDevice);
        }

        foreach (DeclaredChardev chardev in chardevs.Where(chardev => chardev.Id is string id && !used.Contains(id)))
            report.Warning(chardev.Origin, "no object uses this chardev");

        void Use(DeclaredObject declared, string? device, Func<string, string> notFound)
        {
            if (device is null)
                return;
            if (!chardevIds.Contains(device))
                report.Error(declared.Origin, notFound(device));
            // One frontend to a chardev (qemu_chr_fe_init).
            else if (!used.Add(device))
                report.Error(declared.Origin, QemuSentences.InUse(device));
        }
    }

    private static bool IsMirror(DeclaredObject declared) => declared.Type == RedirectorOptions.FilterMirror;
}
