using System.Diagnostics;

namespace QmpRedirector.Tests.CommandLine.Generated;

/// <summary>The completions, asked as bash asks them.</summary>
internal sealed class BashCompletionTests
{
    // Bash splits a line at blanks and at COMP_WORDBREAKS, runs of which are words of their own.
    private const string AskAsBash =
        """
        source "$1"
        cd "$3"
        COMP_WORDBREAKS=$' \t\n"\'><=;|&(:' COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=() rest=$2
        while :; do
          rest=${rest#"${rest%%[![:blank:]]*}"}
          [[ -n $rest ]] || break
          if [[ $rest == [=:]* ]]; then word=${rest%%[!=:]*}; else word=${rest%%[=:[:blank:]]*}; fi
          COMP_WORDS+=("$word")
          rest=${rest#"$word"}
        done
        [[ $2 == *[[:blank:]] ]] && COMP_WORDS+=('')
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _qmp_redirector
        echo "${COMPREPLY[*]}"
        """;

    [TestCase("r", "run")]
    [TestCase("--v", "--version")]
    [TestCase("run --log-l", "--log-level")]
    [TestCase("run --log-level ", "trace debug info warning error")]
    [TestCase("run --log-level=in", "info")]
    [TestCase("run --log-level info --log-f", "--log-format")]
    [TestCase("run --qmp-timeout ", "")]
    [TestCase("run -objec", "-object")]
    [TestCase("run -object f", "filter-redirector, filter-mirror,")]
    [TestCase("run -object filter-redirector,qu", "filter-redirector,queue=")]
    [TestCase("run -object filter-redirector,queue=", "all rx tx")]
    [TestCase("run --object filter-redirector,id=f0,queue=t", "tx")]
    [TestCase("run --object filter-redirector,id=f0,queue=tx,stat", "tx,status=")]
    [TestCase("run --object filter-redirector,id=f0,id", "")]
    [TestCase("run --object=filter-redirector,id=f0,enable_when_stopped=o", "on off")]
    [TestCase("run --chardev socket,id=m0,path=/m0 --object filter-mirror,outdev=", "m0")]
    [TestCase("run --chardev socket,id=m0,server=on,wa", "on,wait=")]
    [TestCase("run --chardev socket,path=gu", "guest.pcap")]
    [TestCase("run --qmp u", "unix:")]
    [TestCase("run --qmp unix:gu", "guest.pcap")]
    [TestCase("send gu", "guest.pcap")]
    [TestCase("send guest.pcap so", "socket,")]
    [TestCase("send guest.pcap socket,ser", "socket,server=")]
    [TestCase("send --vnet-hdr-len 12 guest.pcap tc", "tcp:")]
    [TestCase("send guest.pcap unix:/x --vnet-hdr-len ", "0 10 12 20 24")]
    [TestCase("decode -w gu", "guest.pcap")]
    [TestCase("decode u", "unix:")]
    [TestCase("send su", "sub/")]
    [TestCase("send my", "my\\ guest.pcap")]
    [TestCase("run --chardev socket,path=s", "sub/")]
    public void A_line_is_completed(string line, string expected) => Assert.That(Complete(line), Is.EqualTo(expected));

    [Test]
    public void Before_any_command_the_commands_are_offered() =>
        Assert.That(Complete("").Split(' '), Is.SupersetOf(new[] { "run", "decode", "send" }).And.No.Member("--help"));

    private static string Complete(string line)
    {
        using Testing.TempDirectory folder = new();
        File.WriteAllText(folder.File("guest.pcap"), "");
        File.WriteAllText(folder.File("my guest.pcap"), "");
        Directory.CreateDirectory(folder.File("sub"));
        var script = Path.Combine(GeneratedFileTests.RepositoryRoot(), "scripts/install/completions/qmp-redirector.bash");
        using var process = Process.Start(new ProcessStartInfo(
            "bash", ["--norc", "-c", AskAsBash, "bash", script, $"qmp-redirector {line}", Path.GetDirectoryName(folder.File("x"))!])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        Assert.That(process.WaitForExit(TimeSpan.FromSeconds(30)), Is.True, "bash ends");
        Assert.That(error.GetAwaiter().GetResult(), Is.Empty);
        return output.TrimEnd('\n');
    }
}
