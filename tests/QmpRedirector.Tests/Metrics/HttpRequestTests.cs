using System.Text;
using CsCheck;
using QmpRedirector.Metrics;

namespace QmpRedirector.Tests.Metrics;

internal sealed class HttpRequestTests
{
    [TestCase("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "GET", "/metrics")]
    [TestCase("HEAD /metrics HTTP/1.1\r\nhost:\r\n\r\n", "HEAD", "/metrics")]
    [TestCase("GET /metrics HTTP/1.0\r\n\r\n", "GET", "/metrics")]
    [TestCase("GET /metrics?name=a HTTP/1.0\n\n", "GET", "/metrics")]
    [TestCase("GET http://localhost:9200/metrics?x HTTP/1.0\r\n\r\n", "GET", "/metrics")]
    [TestCase("GET http://localhost:9200 HTTP/1.0\r\n\r\n", "GET", "/")]
    [TestCase("OPTIONS * HTTP/1.0\r\n\r\n", "OPTIONS", "*")]
    [TestCase("get / HTTP/1.0\r\n\r\n", "get", "/")]
    public void A_request_is_its_method_and_path(string head, string method, string path) =>
        Assert.That(HttpRequest.Parse(Encoding.Latin1.GetBytes(head)), Is.EqualTo(new HttpRequest(method, path)));

    [TestCase("\r\n\r\n")]
    [TestCase("GET /metrics\r\n\r\n")]
    [TestCase("GET /metrics HTTP/2.0\r\n\r\n")]
    [TestCase("GET  /metrics HTTP/1.0\r\n\r\n")]
    [TestCase("GET /a b HTTP/1.0\r\n\r\n")]
    [TestCase("GET metrics HTTP/1.0\r\n\r\n")]
    [TestCase("G\u00e4T / HTTP/1.0\r\n\r\n")]
    [TestCase("GET /metrics HTTP/1.1\r\nAccept: Host: x\r\n\r\n")]
    public void What_is_no_request_is_null(string head) => Assert.That(HttpRequest.Parse(Encoding.Latin1.GetBytes(head)), Is.Null);

    [TestCase("GET / HTTP/1.1\r\nHost: x\r\n", -1)]
    [TestCase("GET / HTTP/1.0\r\n\r\nrest", 18)]
    [TestCase("GET / HTTP/1.0\n\nrest", 16)]
    [TestCase("a\n\nb\r\n\r\n", 3)]
    public void The_head_ends_with_an_empty_line(string text, int end) =>
        Assert.That(HttpRequest.EndOf(Encoding.Latin1.GetBytes(text)), Is.EqualTo(end));

    [Test]
    public void No_bytes_at_all_make_it_fail() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        HttpRequest.EndOf(bytes);
        HttpRequest.Parse(bytes);
    });

    [Test]
    public void An_answer_says_its_length_and_a_HEAD_gets_only_that()
    {
        var whole = Encoding.UTF8.GetString(HttpResponse.MethodNotAllowed.ToBytes(withBody: true));
        Assert.That(whole, Is.EqualTo(
            "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 13\r\n"
            + "Cache-Control: no-store\r\nConnection: close\r\nAllow: GET, HEAD\r\n\r\nGET or HEAD.\n"));
        Assert.That(Encoding.UTF8.GetString(HttpResponse.MethodNotAllowed.ToBytes(withBody: false)) + "GET or HEAD.\n", Is.EqualTo(whole));
    }
}
