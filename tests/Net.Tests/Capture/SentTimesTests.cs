namespace QmpRedirector.Net.Tests.Capture;

[TestFixture]
internal sealed class SentTimesTests
{
    [Test]
    public void Only_frames_that_were_sent_are_counted()
    {
        var times = new SentTimes();
        foreach (var time in (long[])[10, 20, 30, 40])
            times.Expect(time);
        times.Sent();
        times.Sent();
        times.Sent();
        Assert.That((times.CountAfter(0), times.CountAfter(15), times.CountAfter(20), times.CountAfter(30)), Is.EqualTo((3, 2, 1, 0)));
    }

    [Test]
    public void Of_the_unsent_frames_those_after_the_cutoff_are_forgotten_from_the_newest_on()
    {
        var times = new SentTimes();
        foreach (var time in (long[])[10, 20, 30, 40])
            times.Expect(time);
        times.Sent();
        Assert.That(times.ForgetAfter(20, most: 3), Is.EqualTo(2));
        times.Sent();
        Assert.That(times.CountAfter(0), Is.EqualTo(2), "10 and 20 were sent, 30 and 40 never");
    }

    [Test]
    public void No_more_are_forgotten_than_are_whole()
    {
        var times = new SentTimes();
        foreach (var time in (long[])[10, 20, 30])
            times.Expect(time);
        Assert.That(times.ForgetAfter(0, most: 2), Is.EqualTo(2));
        times.Sent();
        Assert.That(times.CountAfter(5), Is.EqualTo(1));
    }

    [Test]
    public void Frames_already_sent_are_never_forgotten()
    {
        var times = new SentTimes();
        times.Expect(10);
        times.Sent();
        Assert.That(times.ForgetAfter(0, most: 5), Is.Zero);
        Assert.That(times.CountAfter(5), Is.EqualTo(1));
    }

    [Test]
    public void A_half_written_frame_stamped_after_the_cutoff_is_late_once_it_is_sent([Values(9, 10)] long cutoff)
    {
        var times = new SentTimes();
        foreach (var time in (long[])[10, 20])
            times.Expect(time);
        times.CountWhenSent(cutoff);

        // A later event of the same kind finds the frame still half written, and does not take it back.
        times.CountWhenSent(100);
        Assert.That((times.Sent(), times.Sent()), Is.EqualTo((cutoff < 10, false)));
    }

    [Test]
    public void A_half_written_frame_whose_connection_ends_is_not_late()
    {
        var times = new SentTimes();
        times.Expect(10);
        times.CountWhenSent(0);
        times.Forget();
        times.Expect(20);
        Assert.That(times.Sent(), Is.False);
    }

    [Test]
    public void After_forgetting_a_lost_connections_frames_a_whole_batch_fits_again()
    {
        var times = new SentTimes();
        for (var batch = 0; batch < 3; batch++)
        {
            for (var frame = 0; frame < Interop.SendBatch.Capacity; frame++)
                times.Expect(100);
            times.Forget();
        }

        Assert.That(times.CountAfter(0), Is.Zero);
    }

    [Test]
    public void The_newest_4096_are_remembered()
    {
        var times = new SentTimes();
        for (var time = 1; time <= 5000; time++)
        {
            times.Expect(time);
            times.Sent();
        }

        Assert.That((times.CountAfter(0), times.CountAfter(4990)), Is.EqualTo((4096, 10)));
    }
}
