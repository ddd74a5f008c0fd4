using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace QmpRedirector.Net.Tests.Abi;

/// <summary>Asks the C compiler whether constant expressions hold under the system's own headers.</summary>
internal static class CHeaders
{
    // linux/if.h and not net/if.h, whose definitions clash with it and which lacks IFF_LOWER_UP.
    private const string Includes = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <poll.h>
        #include <stddef.h>
        #include <sys/eventfd.h>
        #include <sys/mman.h>
        #include <sys/prctl.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/syscall.h>
        #include <sys/uio.h>
        #include <sys/un.h>
        #include <time.h>
        #include <unistd.h>
        #include <linux/filter.h>
        #include <linux/if.h>
        #include <linux/if_ether.h>
        #include <linux/if_link.h>
        #include <linux/if_packet.h>
        #include <linux/if_tun.h>
        #include <linux/membarrier.h>
        #include <linux/netlink.h>
        #include <linux/rtnetlink.h>
        #include <linux/virtio_net.h>

        """;

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Null when every expression is true, else what the compiler says of those that are false or unknown to the headers.
    /// </summary>
    internal static async Task<string?> RefuteAsync(IEnumerable<string> expressions)
    {
        var program = new StringBuilder(Includes);
        foreach (var expression in expressions)
            program.Append("_Static_assert(").Append(expression).Append(", \"").Append(expression).Append("\");\n");
        using var gcc = Start();
        var complaints = gcc.StandardError.ReadToEndAsync();
        await gcc.StandardInput.WriteAsync(program.ToString());
        gcc.StandardInput.Close();
        using var deadline = new CancellationTokenSource(_patience);
        await gcc.WaitForExitAsync(deadline.Token);
        return gcc.ExitCode == 0 ? null : await complaints;
    }

    private static Process Start()
    {
        var start = new ProcessStartInfo("gcc", ["-std=gnu11", "-fsyntax-only", "-x", "c", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new AssertionException(
                $"gcc does not start ({e.Message}): install gcc, libc6-dev and linux-libc-dev, whose headers the interop is checked by.");
        }
    }
}
