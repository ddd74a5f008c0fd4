using CsCheck;

namespace QmpRedirector.Net.Tests.Capture;

[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class ActiveWindowsTests
{
    /// <summary>The queue has never been empty: no gap may be forgotten.</summary>
    private const long Never = 0;

    private const long Second = 1_000_000_000;

    [Test]
    public void Before_the_first_opening_every_time_is_outside([Values(long.MinValue + 1, 0, long.MaxValue - 1)] long time) =>
        Assert.That(new ActiveWindows().IsOutside(time, Never), Is.True);

    [Test]
    public void An_open_capture_takes_its_opening_time_and_all_after_it()
    {
        var windows = new ActiveWindows();
        windows.Open(100, 100, Never);
        Assert.That(Outside(windows, 99, 100, 101, long.MaxValue), Is.EqualTo((bool[])[true, false, false, false]));
    }

    [Test]
    public void A_closed_capture_keeps_the_closing_time_itself()
    {
        var windows = new ActiveWindows();
        windows.Open(100, 100, Never);
        windows.Close(200, Never);
        Assert.That(Outside(windows, 100, 200, 201, long.MaxValue - 1), Is.EqualTo((bool[])[false, false, true, true]));
    }

    [Test]
    public void Frames_of_earlier_windows_that_still_wait_are_told_from_those_of_the_gap()
    {
        var windows = new ActiveWindows();
        windows.Open(100, 100, Never);
        windows.Close(200, Never);
        windows.Open(300, 300, Never);
        windows.Close(400, Never);
        windows.Open(500, 500, Never);
        Assert.That(Outside(windows, 150, 250, 350, 450, 550), Is.EqualTo((bool[])[false, true, false, true, false]));
    }

    [Test]
    public void Closing_or_opening_twice_changes_nothing()
    {
        var windows = new ActiveWindows();
        windows.Close(50, Never);
        windows.Open(100, 100, Never);
        windows.Open(150, 150, Never);
        windows.Close(200, Never);
        windows.Close(120, Never);
        Assert.That(Outside(windows, 60, 110, 190, 210), Is.EqualTo((bool[])[true, false, false, true]));
    }

    [Test]
    public void A_gap_is_kept_until_a_second_after_it_was_over_when_the_queue_was_empty()
    {
        var windows = new ActiveWindows();
        windows.Open(100, 100, Never);
        windows.Close(200, Never);
        windows.Open(300, 300, Never);

        windows.Close(10 * Second, 300 + Second);
        Assert.That(Outside(windows, 250), Is.EqualTo((bool[])[true]), "a frame may still be on its way through the kernel");
        windows.Open(11 * Second, 11 * Second, 301 + Second);
        Assert.That(Outside(windows, 250), Is.EqualTo((bool[])[false]), "forgotten: no frame of it can be left");
    }

    /// <summary>Hosts start with the time of a wrong hardware clock, which is set right, back, after the capture has begun.</summary>
    [Test]
    public void A_clock_set_back_to_before_the_opening_cuts_no_frame()
    {
        const long openedAt = 5 * Second;
        var windows = new ActiveWindows();
        windows.Open(from: 7200 * Second, now: openedAt, Never);

        Assert.That(windows.IsOutside(3600 * Second, openedAt + (2 * Second)), Is.False);
        Assert.That(windows.IsOutside(3600 * Second, openedAt), Is.True, "a frame of before the opening may still be queued");
    }

    [Test]
    public void Of_more_gaps_than_it_keeps_the_oldest_are_forgotten_and_the_newest_still_cut()
    {
        const int cycles = 5000;
        var windows = new ActiveWindows();
        for (var cycle = 0; cycle < cycles; cycle++)
        {
            windows.Open((cycle * 100) + 50, (cycle * 100) + 50, Never);
            windows.Close((cycle * 100) + 90, Never);
        }

        Assert.That(windows.IsOutside(95, Never), Is.False, "the oldest gap");
        Assert.That(Enumerable.Range(cycles - 4000, 4000).Select(cycle => windows.IsOutside((cycle * 100) + 95, Never)), Is.All.True);
        Assert.That(Enumerable.Range(0, cycles).Select(cycle => windows.IsOutside((cycle * 100) + 70, Never)), Is.All.False);
    }

    /// <summary>The model paints a line of time; the queue is said to have been empty at any time up to now.</summary>
    [Test]
    public void Every_frame_that_can_still_be_queued_is_judged_as_a_painted_line_of_time_judges_it() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 20]).Array[0, 40].Sample(steps =>
        {
            const int length = 300;
            const long unit = Second / 4;
            var active = new bool[length];
            var windows = new ActiveWindows();
            var (now, openedAt, emptyAt) = (0, -1, 0);
            foreach (var (advance, emptied) in steps)
            {
                now += advance;
                emptyAt = Math.Max(emptyAt, now - emptied);
                if (openedAt < 0)
                {
                    openedAt = now;
                    windows.Open(now * unit, now * unit, emptyAt * unit);
                }
                else
                {
                    Array.Fill(active, true, openedAt, now - openedAt + 1);
                    openedAt = -1;
                    windows.Close(now * unit, emptyAt * unit);
                }
            }

            if (openedAt >= 0)
                Array.Fill(active, true, openedAt, length - openedAt);
            var oldestQueued = Math.Max(0, emptyAt - 4);
            return Enumerable.Range(oldestQueued, length - oldestQueued)
                .All(time => windows.IsOutside(time * unit, emptyAt * unit) == !active[time]);
        });

    private static bool[] Outside(ActiveWindows windows, params long[] times) => [.. times.Select(time => windows.IsOutside(time, Never))];
}
