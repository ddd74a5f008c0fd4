using System.Text.Json.Nodes;

namespace QmpRedirector.Qmp.Tests;

public sealed class QmpArgumentsTests
{
    [TestCase("{}", "Parameter 's' is missing")]
    [TestCase("""{"s": 1, "i": 1, "b": true, "o": {"p": "x"}}""", "Invalid parameter type for 's', expected: string")]
    [TestCase("""{"s": null, "i": 1, "b": true, "o": {"p": "x"}}""", "Invalid parameter type for 's', expected: string")]
    [TestCase("""{"s": "x", "i": "1", "b": true, "o": {"p": "x"}}""", "Invalid parameter type for 'i', expected: integer")]
    [TestCase("""{"s": "x", "i": 1.0, "b": true, "o": {"p": "x"}}""", "Invalid parameter type for 'i', expected: integer")]
    [TestCase("""{"s": "x", "i": 9223372036854775808, "b": true, "o": {"p": "x"}}""", "Invalid parameter type for 'i', expected: integer")]
    [TestCase("""{"s": "x", "i": 1, "b": "on", "o": {"p": "x"}}""", "Invalid parameter type for 'b', expected: boolean")]
    [TestCase("""{"s": "x", "i": 1, "b": true, "o": []}""", "Invalid parameter type for 'o', expected: object")]
    [TestCase("""{"s": "x", "i": 1, "b": true, "o": {}}""", "Parameter 'o.p' is missing")]
    [TestCase("""{"s": "x", "i": 1, "b": true, "o": {"p": 1}}""", "Invalid parameter type for 'o.p', expected: string")]
    [TestCase("""{"s": "x", "i": 1, "b": true, "o": {"p": "x", "q": 1}}""", "Parameter 'o.q' is unexpected")]
    [TestCase("""{"s": "x", "i": 1, "b": true, "o": {"p": "x"}, "y": null}""", "Parameter 'y' is unexpected")]
    [TestCase("""{"s": "x", "i": 1, "b": true, "o": {"p": "x"}, "l": "x"}""", "Invalid parameter type for 'l', expected: array")]
    [TestCase("""{"s": "x", "i": 1, "b": true, "o": {"p": "x"}, "l": ["x", 1]}""", "Invalid parameter type for 'l[1]', expected: string")]
    [TestCase("""{"s": "x", "i": 1, "b": true, "o": {"p": "x"}, "t": 1}""", "Invalid parameter type for 't', expected: string")]
    [TestCase("""{"s": "x", "i": -9223372036854775808, "b": false, "o": {"p": ""}, "l": ["x"], "t": ""}""", null)]
    public void Wrong_arguments_get_QEMUs_sentences(string json, string? sentence)
    {
        var arguments = new QmpArguments(JsonNode.Parse(json)!.AsObject());
        if (sentence is null)
            Assert.That(() => Read(arguments), Throws.Nothing);
        else
            Assert.That(() => Read(arguments), Throws.TypeOf<QmpServerError>().With.Message.EqualTo(sentence));
    }

    [Test]
    public void The_rest_is_everything_not_read_and_free_to_be_used_elsewhere()
    {
        var arguments = new QmpArguments(JsonNode.Parse("""{"id": "f0", "queue": "rx", "status": null}""")!.AsObject());
        var id = arguments.GetString("id");
        var rest = arguments.GetRest();
        arguments.Done();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(id, Is.EqualTo("f0"));
            Assert.That(new JsonObject { ["x"] = rest }.ToJsonString(), Is.EqualTo("""{"x":{"queue":"rx","status":null}}"""));
        }
    }

    [Test]
    public void Optional_arguments_are_null_when_they_are_not_given()
    {
        var arguments = new QmpArguments(new JsonObject { ["given"] = true });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(arguments.GetOptionalString("s"), Is.Null);
            Assert.That(arguments.GetOptionalBool("b"), Is.Null);
            Assert.That(arguments.GetOptionalInteger("i"), Is.Null);
            Assert.That(arguments.GetOptionalObject("o"), Is.Null);
            Assert.That(arguments.GetOptionalStrings("l"), Is.Null);
            Assert.That((arguments.Has("given"), arguments.Has("s")), Is.EqualTo((true, false)));
            Assert.That(arguments.GetOptionalBool("given"), Is.True);
        }
    }

    private static void Read(QmpArguments arguments)
    {
        arguments.GetString("s");
        arguments.GetInteger("i");
        arguments.GetBool("b");
        arguments.GetObject("o").GetString("p");
        arguments.GetOptionalStrings("l");
        arguments.GetOptionalString("t");
        arguments.Done();
    }
}
