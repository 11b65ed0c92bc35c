using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace ShopSaga.Tests.Unit.Hosting;

[TestFixture]
[FixtureLifeCycle(LifeCycle.SingleInstance)]
internal sealed class When_a_json_body_is_read
{
    private HttpHost _host = null!;

    [OneTimeSetUp]
    public async Task Start() => _host = await HttpHost.Start();

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [TestCase("""{"name":"a","quantity":1}""")]
    [TestCase("""{"name":"a","quantity":1,"unknown":{"name":1,"name":2},"Quantity":"x"}""", TestName = "Should_ignore_unknown_members")]
    [TestCase("""{"name":"a","quantity":1,"amount":null,"lines":null,"gift":null}""", TestName = "Should_accept_null_where_it_is_allowed")]
    [TestCase("""{"name":"👩‍👩‍👧‍👧abc","quantity":1}""", TestName = "Should_count_characters_not_code_units")]
    [TestCase(
        """{"name":"\ud83d\ude00","quantity":1000,"amount":9223372036854775807}""", TestName = "Should_accept_escaped_pairs_and_limits")]
    [TestCase("""  {"name":"a","quantity":1,"lines":[{"productId":1,"quantity":10}],"gift":{"productId":1,"quantity":1}}  """)]
    public async Task Should_accept(string json)
    {
        using var answer = await _host.Post(json);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), await answer.Content.ReadAsStringAsync());
    }

    [TestCase("", "body")]
    [TestCase("  ", "body")]
    [TestCase("null", "body")]
    [TestCase("[]", "body")]
    [TestCase("5", "body")]
    [TestCase("\"text\"", "body")]
    [TestCase("{", "body")]
    [TestCase("""{"name":"a","quantity":1}}""", "body")]
    [TestCase("""{"name":"a","quantity":1} {}""", "body")]
    [TestCase("""{"name":"a","quantity":1,}""", "body")]
    [TestCase("""{"name":"a","quantity":1/*x*/}""", "body")]
    [TestCase("""{'name':'a'}""", "body")]
    [TestCase("""{"name":"a","quantity":NaN}""", "body")]
    [TestCase("""{"name":"a","quantity":01}""", "body")]
    [TestCase("{\"name\":\"a\nb\",\"quantity\":1}", "body")]
    [TestCase("""{"name":"a","quantity":1,"\ud800":1}""", "body")]
    [TestCase("{}", "name", "quantity")]
    [TestCase("""{"Name":"a","QUANTITY":1}""", "name", "quantity")]
    [TestCase("""{"name":null,"quantity":null}""", "name", "quantity")]
    [TestCase("""{"name":5,"quantity":"5"}""", "name", "quantity")]
    [TestCase("""{"name":["a"],"quantity":[1]}""", "name", "quantity")]
    [TestCase("""{"name":{},"quantity":{}}""", "name", "quantity")]
    [TestCase("""{"name":true,"quantity":false}""", "name", "quantity")]
    [TestCase("""{"name":"","quantity":0}""", "name", "quantity")]
    [TestCase("""{"name":"   ","quantity":1001}""", "name", "quantity")]
    [TestCase("""{"name":"\u00a0\u3000","quantity":-1}""", "name", "quantity")]
    [TestCase("""{"name":"12345678901","quantity":1}""", "name")]
    [TestCase("""{"name":"a\u0000b","quantity":1}""", "name")]
    [TestCase("""{"name":"\ud800","quantity":1}""", "name")]
    [TestCase("""{"name":"\ude00\ud83d","quantity":1}""", "name")]
    [TestCase("""{"name":"a","name":"a","quantity":1}""", "name")]
    [TestCase("""{"name":"a","\u006eame":"a","quantity":1}""", "name")]
    [TestCase("""{"name":"a","quantity":1,"x":1,"x":1}""", "x")]
    [TestCase("""{"name":"a","quantity":1.0}""", "quantity")]
    [TestCase("""{"name":"a","quantity":1.5}""", "quantity")]
    [TestCase("""{"name":"a","quantity":1e2}""", "quantity")]
    [TestCase("""{"name":"a","quantity":1e400}""", "quantity")]
    [TestCase("""{"name":"a","quantity":-0}""", "quantity")]
    [TestCase("""{"name":"a","quantity":2147483648}""", "quantity")]
    [TestCase("""{"name":"a","quantity":99999999999999999999999999999999}""", "quantity")]
    [TestCase("""{"name":"a","quantity":1,"amount":9223372036854775808}""", "amount")]
    [TestCase("""{"name":"a","quantity":1,"urgent":"true"}""", "urgent")]
    [TestCase("""{"name":"a","quantity":1,"urgent":1}""", "urgent")]
    [TestCase("""{"name":"a","quantity":1,"lines":{}}""", "lines")]
    [TestCase("""{"name":"a","quantity":1,"lines":"x"}""", "lines")]
    [TestCase("""{"name":"a","quantity":1,"lines":[]}""", "lines")]
    [TestCase(
        """
        {"name":"a","quantity":1,"lines":[
            {"productId":1,"quantity":1},{"productId":1,"quantity":1},{"productId":1,"quantity":1},{"productId":1,"quantity":1}]}
        """,
        "lines")]
    [TestCase("""{"name":"a","quantity":1,"lines":[null]}""", "lines[0]")]
    [TestCase("""{"name":"a","quantity":1,"lines":[5]}""", "lines[0]")]
    [TestCase(
        """{"name":"a","quantity":1,"lines":[{"productId":1,"quantity":1},{"productId":"1"}]}""",
        "lines[1].productId",
        "lines[1].quantity")]
    [TestCase("""{"name":"a","quantity":1,"lines":[{"productId":1,"quantity":11}]}""", "lines[0].quantity")]
    [TestCase("""{"name":"a","quantity":1,"gift":[]}""", "gift")]
    [TestCase("""{"name":"a","quantity":1,"gift":{"quantity":0}}""", "gift.productId", "gift.quantity")]
    public async Task Should_refuse_and_name_the_member(string json, params string[] members)
    {
        using var answer = await _host.Post(json);
        await Problem.Expect(answer, HttpStatusCode.BadRequest, "validation", members);
    }

    [Test]
    public async Task Should_refuse_deep_nesting()
    {
        using var answer = await _host.Post($$"""{"name":"a","quantity":1,"x":{{new string('[', 10_000)}}{{new string(']', 10_000)}}}""");
        await Problem.Expect(answer, HttpStatusCode.BadRequest, "validation", "body");
    }

    [Test]
    public async Task Should_refuse_invalid_utf8()
    {
        using var answer = await _host.Post([.. "{\"name\":\""u8, 0xff, 0xfe, .. "\",\"quantity\":1}"u8]);
        await Problem.Expect(answer, HttpStatusCode.BadRequest, "validation", "body");
    }

    [Test]
    public async Task Should_refuse_an_encoded_surrogate()
    {
        using var answer = await _host.Post([.. "{\"name\":\""u8, 0xed, 0xa0, 0x80, .. "\",\"quantity\":1}"u8]);
        await Problem.Expect(answer, HttpStatusCode.BadRequest, "validation", "body");
    }

    [Test]
    public async Task Should_not_answer_with_more_errors_than_a_client_can_use()
    {
        var json = $$"""{"name":"a","quantity":1,"lines":[{{string.Join(',', Enumerable.Repeat("0", 10_000))}}]}""";
        using var answer = await _host.Post(json);
        Assert.That((await answer.Content.ReadAsByteArrayAsync()), Has.Length.LessThan(4096));
    }

    [Test]
    public async Task Should_read_a_body_of_exactly_64_KiB()
    {
        using var answer = await _host.Post("""{"name":"a","quantity":1}""".PadRight(64 * 1024));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Should_refuse_a_larger_body_when_declared()
    {
        using var answer = await _host.Post("""{"name":"a","quantity":1}""".PadRight((64 * 1024) + 1));
        await Problem.Expect(answer, HttpStatusCode.RequestEntityTooLarge, "too-large");
    }

    [Test]
    public async Task Should_refuse_a_larger_body_when_chunked()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/things")
        {
            Content = new StreamContent(
                new MemoryStream(Encoding.UTF8.GetBytes("""{"name":"a","quantity":1}""".PadRight((64 * 1024) + 1)))),
        };
        request.Headers.TransferEncodingChunked = true;
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await _host.Client.SendAsync(request);
        await Problem.Expect(answer, HttpStatusCode.RequestEntityTooLarge, "too-large");
    }

    [TestCase("text/plain")]
    [TestCase("application/x-www-form-urlencoded")]
    [TestCase("application/json; charset=utf-16")]
    [TestCase("nonsense")]
    [TestCase("")]
    public async Task Should_refuse_what_is_not_declared_as_json(string contentType)
    {
        using var answer = await _host.Post("""{"name":"a","quantity":1}"""u8.ToArray(), contentType);
        await Problem.Expect(answer, HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
    }

    [TestCase("application/json; charset=utf-8")]
    [TestCase("application/json; charset=\"UTF-8\"")]
    [TestCase("Application/JSON")]
    public async Task Should_accept_json_however_it_is_declared(string contentType)
    {
        using var answer = await _host.Post("""{"name":"a","quantity":1}"""u8.ToArray(), contentType);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("gzip")]
    [TestCase("identity, gzip")]
    [TestCase("nonsense")]
    public async Task Should_refuse_a_content_coding_and_say_which_is_accepted(string coding)
    {
        using var content = new StringContent("""{"name":"a","quantity":1}""", Encoding.UTF8, "application/json");
        content.Headers.TryAddWithoutValidation("Content-Encoding", coding);
        using var answer = await _host.Client.PostAsync(new Uri("/things", UriKind.Relative), content);
        await Problem.Expect(answer, HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
        Assert.That(answer.Headers.GetValues("Accept-Encoding"), Is.EqualTo(new[] { "identity" }));
    }

    [Test]
    public async Task Should_ignore_a_byte_order_mark()
    {
        using var answer = await _host.Post([.. Encoding.UTF8.Preamble, .. """{"name":"a","quantity":1}"""u8]);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), await answer.Content.ReadAsStringAsync());
    }

    [TestCase("\\u200b")]
    [TestCase("\\u2060\\ufeff")]
    [TestCase("\\u3164\\uffa0")]
    [TestCase("\\u2800")]
    [TestCase("\\ufe0f\\u034f")]
    [TestCase("\\udb40\\udc41")]
    [TestCase("\\u202e \\u00ad")]
    public async Task Should_refuse_text_of_invisible_characters_as_blank(string name)
    {
        using var answer = await _host.Post($$"""{"name":"{{name}}","quantity":1}""");
        await Problem.Expect(answer, HttpStatusCode.BadRequest, "validation", "name");
    }

    [TestCase("""{"name":"a","quantity":0}""", "quantity: must be from 1 to 1000.")]
    [TestCase("""{"name":"a","quantity":1,"lines":[]}""", "lines: must have 1 to 3 items.")]
    public async Task Should_say_in_one_sentence_what_is_allowed(string json, string message)
    {
        using var answer = await _host.Post(json);
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain(message));
    }

    [Test]
    public async Task Should_answer_random_mutations_with_200_or_400()
    {
        const int seed = 20_250_101;
        var random = new Random(seed);
        const string line = """{"productId":1,"quantity":1}""";
        var good = Encoding.UTF8.GetBytes(
            $$"""{"name":"ab","quantity":1,"amount":5,"urgent":true,"lines":[{{line}}],"gift":{{line}}}""");
        for (var round = 0; round < 2_000; round++)
        {
            var body = good.ToArray();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                body[random.Next(body.Length)] = (byte)random.Next(256);
            }

            using var answer = await _host.Post(body);
            Assert.That(
                (int)answer.StatusCode,
                Is.EqualTo(200).Or.EqualTo(400),
                () => $"seed {seed}, round {round}: {Convert.ToHexString(body)}");
        }
    }
}
