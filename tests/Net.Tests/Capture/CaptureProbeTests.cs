using QmpRedirector.Net.Interop;

namespace QmpRedirector.Net.Tests.Capture;

internal sealed class CaptureProbeTests
{
    [Test]
    public void Each_option_is_taken_or_refused_and_the_socket_itself_counts()
    {
        var support = CaptureProbe.Try(1 << 20);

        if (support.Refused is [{ IsPermission: true, Call: "socket(AF_PACKET)" }])
            Assert.That((support.Accepted.Count, support.Backlog), Is.EqualTo((0, (BacklogCapacity?)null)), "without CAP_NET_RAW");
        else
        {
            Assert.That(support.Refused, Is.Empty);
            Assert.That(support.Accepted, Is.SupersetOf((string[])["SO_ATTACH_FILTER", "PACKET_VNET_HDR", "SO_TIMESTAMPNS",
                "PACKET_RX_RING"]));
            Assert.That(support.Backlog!.Bytes, Is.EqualTo(1 << 20));
        }
    }

    [Test]
    public void The_end_of_a_process_can_be_waited_for_here() => Assert.That(ProcessExit.IsSupported, Is.True);

    [TestCase("/tmp/x", null)]
    [TestCase("/proc/no/such/x", "No such file or directory")]
    [TestCase("/dev/null/x", "Not a directory")]
    public void A_directory_tells_whether_a_file_can_be_made(string path, string? reason) =>
        Assert.That(PathAccess.WhyNotCreate(path), Is.EqualTo(reason));
}
