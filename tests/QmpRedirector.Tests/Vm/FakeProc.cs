using QmpRedirector.Vm;

namespace QmpRedirector.Tests.Vm;

/// <summary>A directory that looks like /proc, with this process in network namespace "net:[1]".</summary>
internal sealed class FakeProc : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("proc-").FullName;

    public FakeProc() => Link("self/ns/net", "net:[1]");

    public ProcFs Fs => new(_root);

    public FakeProc AddProcess(int pid, string networkNamespace = "net:[1]", params int[] threads)
    {
        Link($"{pid}/ns/net", networkNamespace);
        Directory.CreateDirectory(Path.Combine(_root, $"{pid}/fd"));
        Directory.CreateDirectory(Path.Combine(_root, $"{pid}/fdinfo"));
        foreach (var thread in threads.Prepend(pid))
        {
            Directory.CreateDirectory(Path.Combine(_root, $"{pid}/task/{thread}"));
            Write($"{thread}/status", $"Name:\tCPU 0/TCG\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t{pid}\nNgid:\t0\nPid:\t{thread}\n");
        }
        return this;
    }

    /// <summary>A tun descriptor; an empty name is one whose interface was deleted.</summary>
    public FakeProc AddTun(int pid, int fd, string ifName) =>
        AddFd(pid, fd, "/dev/net/tun", $"pos:\t0\nflags:\t0104002\nmnt_id:\t28\nino:\t89\niff:\t{ifName}\n");

    public FakeProc AddFd(int pid, int fd, string target, string info = "pos:\t0\nflags:\t02\nmnt_id:\t28\nino:\t89\n")
    {
        Link($"{pid}/fd/{fd}", target);
        Write($"{pid}/fdinfo/{fd}", info);
        return this;
    }

    public FakeProc AddFile(string path, string text)
    {
        Write(path, text);
        return this;
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Link(string path, string target)
    {
        path = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.CreateSymbolicLink(path, target);
    }

    private void Write(string path, string text)
    {
        path = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
