using System.Globalization;
using System.Text;

namespace QmpRedirector.Metrics;

/// <summary>A whole answer; the connection ends with it.</summary>
/// <param name="Status">Code and phrase.</param>
/// <param name="ContentType">Of <paramref name="Body"/>.</param>
/// <param name="Body">What a GET gets.</param>
/// <param name="Allow">The methods there are, of a 405.</param>
internal sealed record HttpResponse(string Status, string ContentType, string Body, string? Allow = null)
{
    private const string Plain = "text/plain; charset=utf-8";

    public static HttpResponse BadRequest { get; } = new("400 Bad Request", Plain, "This is not an HTTP/1.1 request.\n");

    public static HttpResponse TooLong { get; } = new("431 Request Header Fields Too Large", Plain, "The request is too long.\n");

    public static HttpResponse NotFound { get; } = new("404 Not Found", Plain, "There is only /metrics.\n");

    public static HttpResponse MethodNotAllowed { get; } = new("405 Method Not Allowed", Plain, "GET or HEAD.\n", "GET, HEAD");

    public static HttpResponse Hint { get; } = new("200 OK", Plain, "qmp-redirector: its Prometheus metrics are at /metrics\n");

    public static HttpResponse Unavailable { get; } = new("503 Service Unavailable", Plain, "The redirectors did not answer in time.\n");

    public static HttpResponse Metrics(string text) => new("200 OK", PrometheusText.ContentType, text);

    /// <param name="withBody">False for HEAD: the head is the same, the body stays away (RFC 9110, 9.3.2).</param>
    public byte[] ToBytes(bool withBody)
    {
        var body = Encoding.UTF8.GetBytes(Body);
        var head = new StringBuilder();
        var culture = CultureInfo.InvariantCulture;
        head.Append(culture, $"HTTP/1.1 {Status}\r\nContent-Type: {ContentType}\r\nContent-Length: {body.Length}\r\n");
        head.Append("Cache-Control: no-store\r\nConnection: close\r\n");
        if (Allow is not null)
            head.Append(culture, $"Allow: {Allow}\r\n");
        head.Append("\r\n");
        return [.. Encoding.ASCII.GetBytes(head.ToString()), .. withBody ? body : []];
    }
}
