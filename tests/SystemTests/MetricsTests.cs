using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using QmpRedirector.SystemTests.Control;
using QmpRedirector.SystemTests.Kit;

namespace QmpRedirector.SystemTests;

/// <summary>`run --metrics ADDR`, scraped over real sockets while real frames flow.</summary>
[TestFixture]
[NonParallelizable]
internal sealed class MetricsTests
{
    private const int Port = 9200;

    private static readonly string[] _reasons =
        ["peer_disconnected", "disarmed", "truncated", "oversize", "bad_offload", "linger_expired", "shutdown"];

    [Test]
    public async Task What_is_scraped_while_frames_flow_balances_and_the_last_is_what_the_report_says()
    {
        const int count = 60_000;
        const int during = 2000;
        await using var lab = await Lab.CreateAsync();
        var (sidecar, peer, _) = await StartAsync(lab, $"unix:{lab.PathOf("metrics")}");
        using var client = Scrape.ClientOf(lab.PathOf("metrics"));
        var sender = lab.OpenSender();

        var scrapes = new List<Scrape>();
        for (var first = 0; first < count; first += during)
        {
            var sending = Task.Run(() => sender.SendNumbered(first, during));
            scrapes.Add(await ScrapeAsync(client));
            await sending;
            // Never more on their way than the slots hold.
            await peer.WaitForFramesAsync(first);
        }

        await peer.WaitForFramesAsync(count);
        var last = await ScrapeAsync(client);
        var report = (await sidecar.StopAsync())["f0"];
        await peer.WaitForEndAsync();

        foreach (var scrape in scrapes.Append(last)) scrape.Balances();
        Assert.That(scrapes.Select(scrape => scrape.Of("forwarded_frames_total")), Is.Ordered);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(last.Of("captured_frames_total"), Is.EqualTo(report.KernelSeen));
            Assert.That(last.Of("forwarded_frames_total"), Is.EqualTo(report.Forwarded));
            Assert.That(last.Of("forwarded_bytes_total"), Is.EqualTo(report.Bytes - (4 * report.Forwarded)));
            Assert.That(last.Of("kernel_dropped_frames_total"), Is.EqualTo(report.KernelDropped));
            foreach (var reason in _reasons) Assert.That(last.Dropped(reason), Is.EqualTo(report.Dropped(reason)), reason);
        }

        Accounting.Holds(report, count, peer);
    }

    [Test]
    public async Task A_stopped_VM_shows_in_the_states_and_in_the_lag_after_the_event()
    {
        await using var lab = await Lab.CreateAsync();
        var (_, _, qemu) = await StartAsync(lab, $"unix:{lab.PathOf("metrics")}");
        using var client = Scrape.ClientOf(lab.PathOf("metrics"));

        var before = await ScrapeAsync(client);
        await qemu.Qmp.StopAsync();
        Scrape after = before;
        await Eventually.ThatAsync(
            async () => (after = await ScrapeAsync(client)).IsIn("disarmed"), "the scrape tells that it is disarmed");

        const string lag = "arm_duration_seconds_count{redirector=\"f0\",netdev=\"net0\",edge=\"disarm\"}";
        using (Assert.EnterMultipleScope())
        {
            Assert.That(before["vm_running"], Is.EqualTo(1));
            Assert.That(before["up"], Is.EqualTo(1));
            Assert.That(before["qmp_connected"], Is.EqualTo(1));
            Assert.That(before["qmp_reconnects_total"], Is.Zero);
            Assert.That(before.IsIn("armed") && !before.IsIn("disarmed"), Is.True);
            Assert.That(before.Of("peer_connected"), Is.EqualTo(1));
            Assert.That(before[lag], Is.Zero);
            Assert.That(after["vm_running"], Is.Zero);
            Assert.That(after.IsIn("armed"), Is.False);
            Assert.That(after[lag], Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Promtool_has_nothing_to_say_against_it([Values] bool tcp)
    {
        await using var lab = await Lab.CreateAsync();
        var (_, peer, _) = await StartAsync(
            lab, tcp ? $"tcp:127.0.0.1:{Port}" : $"unix:{lab.PathOf("metrics")}", "--pcapng", lab.PathOf("frames.pcapng"));
        lab.OpenSender().SendNumbered(0, 100);
        await peer.WaitForFramesAsync(100);
        using var client = tcp ? TcpClientOf(lab) : Scrape.ClientOf(lab.PathOf("metrics"));
        var file = lab.PathOf("scraped");
        await File.WriteAllTextAsync(file, (await ScrapeAsync(client)).Text);

        await using var promtool = CapturedProcess.Start(["sh", "-c", "promtool check metrics < \"$1\"", "sh", file]);
        Assert.That((await promtool.WaitForExitAsync(Eventually.Deadline), promtool.Output, promtool.Error), Is.EqualTo((0, "", "")));
    }

    [Test]
    public async Task Prometheus_itself_scrapes_it()
    {
        const int itsPort = 9201;
        await using var lab = await Lab.CreateAsync();
        var (_, peer, _) = await StartAsync(lab, $"tcp:127.0.0.1:{Port}");
        lab.OpenSender().SendNumbered(0, 100);
        await peer.WaitForFramesAsync(100);
        var configuration = lab.PathOf("prometheus.yml");
        await File.WriteAllTextAsync(
            configuration,
            $"scrape_configs: [{{job_name: sidecar, scrape_interval: 1s, static_configs: [{{targets: ['127.0.0.1:{Port}']}}]}}]\n");
        await using var prometheus = CapturedProcess.Start(lab.Namespace.CommandLine(
        [
            "prometheus", $"--config.file={configuration}", $"--storage.tsdb.path={lab.PathOf("series")}",
            $"--web.listen-address=127.0.0.1:{itsPort}",
        ]));
        using var client = TcpClientOf(lab, itsPort);
        var query = new Uri("/api/v1/query?query=qmp_redirector_forwarded_frames_total", UriKind.Relative);

        JsonNode? sample = null;
        await Eventually.ThatAsync(
            async () =>
            {
                try
                {
                    sample = JsonNode.Parse(await client.GetStringAsync(query))!["data"]!["result"]!.AsArray().SingleOrDefault();
                }
                catch (HttpRequestException)
                {
                    // It does not listen yet.
                }

                return sample is not null;
            },
            "prometheus has the series");
        var targets = JsonNode.Parse(await client.GetStringAsync(new Uri("/api/v1/targets", UriKind.Relative)))!;

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)sample!["value"]![1], Is.EqualTo("100"));
            Assert.That((string?)sample["metric"]!["redirector"], Is.EqualTo("f0"));
            Assert.That((string?)targets["data"]!["activeTargets"]![0]!["health"], Is.EqualTo("up"));
            Assert.That((string?)targets["data"]!["activeTargets"]![0]!["lastError"], Is.Empty);
        }
    }

    [Test]
    public async Task The_series_of_a_redirector_come_with_0_when_it_is_added_and_go_when_it_is_removed()
    {
        await using var lab = await Lab.CreateAsync();
        var (_, peer, _) = await StartAsync(lab, $"unix:{lab.PathOf("metrics")}", "--control", lab.PathOf("control"));
        using var client = Scrape.ClientOf(lab.PathOf("metrics"));
        using var control = await ControlKit.ControlAsync(lab);
        lab.OpenSender().SendNumbered(0, 10);
        await peer.WaitForFramesAsync(10);

        await control.ExecuteAsync("chardev-add", ControlKit.Server("m9", lab.PathOf("m9")));
        await control.ExecuteAsync("object-add", ControlKit.Redirector("f9", "m9"));
        var with = await ScrapeAsync(client);
        await control.ExecuteAsync("object-del", new JsonObject { ["id"] = "f9" });
        var without = await ScrapeAsync(client);

        using (Assert.EnterMultipleScope())
        {
            foreach (var name in (string[])["captured_frames_total", "forwarded_frames_total", "backlog_frames"])
                Assert.That(with.Of(name, "f9"), Is.Zero, name);
            foreach (var reason in _reasons) Assert.That(with.Dropped(reason, "f9"), Is.Zero, reason);
            Assert.That(with.IsIn("armed", "f9"), Is.True);
            Assert.That(with.Of("forwarded_frames_total"), Is.EqualTo(10));
            Assert.That(without.Text, Does.Not.Contain("\"f9\""));
            Assert.That(
                without.Text,
                Is.EqualTo(string.Join('\n', with.Text.Split('\n').Where(line => !line.Contains("\"f9\"")))),
                "of the other, all is there");
        }
    }

    [Test]
    public async Task Over_TCP_it_answers_as_HTTP_says()
    {
        await using var lab = await Lab.CreateAsync();
        await StartAsync(lab, $"tcp:127.0.0.1:{Port}");
        using var client = TcpClientOf(lab);

        using var get = await client.GetAsync(new Uri("/metrics?a=b", UriKind.Relative));
        using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/metrics"));
        using var hint = await client.GetAsync(new Uri("/", UriKind.Relative));
        using var elsewhere = await client.GetAsync(new Uri("/metric", UriKind.Relative));
        using var post = await client.PostAsync(new Uri("/metrics", UriKind.Relative), new StringContent(new string('x', 100_000)));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(get.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(get.Content.Headers.ContentType?.ToString(), Is.EqualTo("text/plain; version=0.0.4; charset=utf-8"));
            Assert.That(head.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(head.Content.Headers.ContentLength, Is.EqualTo(get.Content.Headers.ContentLength));
            Assert.That(await head.Content.ReadAsStringAsync(), Is.Empty);
            Assert.That(await hint.Content.ReadAsStringAsync(), Does.Contain("/metrics"));
            Assert.That(elsewhere.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That(post.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
            Assert.That(post.Content.Headers.Allow, Is.EqualTo(new[] { "GET", "HEAD" }));
        }
    }

    [TestCase("nonsense\r\n\r\n", "HTTP/1.1 400 ")]
    [TestCase("GET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ")]
    [TestCase("GET /metrics HTTP/1.0\r\n\r\n", "HTTP/1.1 200 ")]
    public async Task Other_bytes_get_an_answer_too(string request, string answer)
    {
        await using var lab = await Lab.CreateAsync();
        await StartAsync(lab, $"unix:{lab.PathOf("metrics")}");
        Assert.That(await ExchangeAsync(lab.PathOf("metrics"), request), Does.StartWith(answer));
    }

    [Test]
    public async Task Clients_that_say_nothing_or_too_much_keep_nobody_out_for_ever()
    {
        await using var lab = await Lab.CreateAsync();
        await StartAsync(lab, $"unix:{lab.PathOf("metrics")}");
        Assert.That(await ExchangeAsync(lab.PathOf("metrics"), "GET /" + new string('x', 8190)), Does.StartWith("HTTP/1.1 431 "));
        using var silent = Connect(lab.PathOf("metrics"));
        using var half = Connect(lab.PathOf("metrics"));
        half.Send("GET /metr"u8);
        using var client = Scrape.ClientOf(lab.PathOf("metrics"));
        Assert.That((await ScrapeAsync(client)).Text, Is.Not.Empty);
    }

    [Test]
    public async Task The_socket_is_the_owners_alone_replaces_a_stale_one_and_is_gone_at_the_end()
    {
        await using var lab = await Lab.CreateAsync();
        var path = lab.PathOf("metrics");
        await CapturedProcess.RunAsync("python3", "-c", $"import socket; socket.socket(socket.AF_UNIX).bind('{path}')");
        var (sidecar, _, _) = await StartAsync(lab, $"unix:{path}");
        Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        await sidecar.StopAsync();
        Assert.That(File.Exists(path), Is.False);
    }

    [Test]
    public async Task A_file_in_the_way_is_not_replaced()
    {
        await using var lab = await Lab.CreateAsync();
        await File.WriteAllTextAsync(lab.PathOf("metrics"), "precious");
        var sidecar = lab.Run(
            "--metrics", $"unix:{lab.PathOf("metrics")}", "--chardev", lab.ServerChardev("m0", "wait=off"),
            "--object", Capture.Redirector("f0", "m0"));
        Assert.That(await sidecar.WaitForExitAsync(), Is.EqualTo(1));
        Assert.That(sidecar.Error, Does.Contain("--metrics unix:").And.Contain("something that is not a socket is in the way"));
        Assert.That(await File.ReadAllTextAsync(lab.PathOf("metrics")), Is.EqualTo("precious"));
    }

    private static async Task<(Sidecar Sidecar, ChardevPeer Peer, QemuProcess Qemu)> StartAsync(
        Lab lab, string address, params string[] more)
    {
        var qemu = await lab.StartQemuWithTapAsync();
        var sidecar = lab.Run(
        [
            "--metrics", address, .. more, "--chardev", lab.ServerChardev("m0", "wait=on"),
            "--object", Capture.Redirector("f0", "m0", ",backlog=256M"),
        ]);
        var peer = await lab.ConnectPeerAsync("m0");
        await sidecar.ReadyAsync();
        return (sidecar, peer, qemu);
    }

    private static async Task<Scrape> ScrapeAsync(HttpClient client) => new(await client.GetStringAsync(new Uri("/metrics", UriKind.Relative)));

    private static HttpClient TcpClientOf(Lab lab, int port = Port) => Scrape.ClientOf(() => Task.FromResult(lab.Namespace.Run(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    })));

    private static Socket Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static async Task<string> ExchangeAsync(string path, string request)
    {
        using var socket = Connect(path);
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request), SocketFlags.None, deadline.Token);
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(deadline.Token);
    }
}
