using static QmpRedirector.Net.Interop.Constants;

namespace QmpRedirector.Net.Interop;

/// <summary>CLOCK_REALTIME in nanoseconds: the clock of the kernel's frame timestamps and of QMP's event timestamps.</summary>
/// <remarks>TimeProvider counts in ticks of 100 ns, which is too coarse to order a filter swap and a frame.</remarks>
public static unsafe class RealtimeClock
{
    /// <summary>Nanoseconds since 1970-01-01 UTC.</summary>
    public static long NowNanoseconds
    {
        get
        {
            timespec time;

            // SAFETY: a structure on this frame; CLOCK_REALTIME always exists.
            _ = Libc.clock_gettime(CLOCK_REALTIME, &time);
            return (time.tv_sec * 1_000_000_000) + time.tv_nsec;
        }
    }
}
