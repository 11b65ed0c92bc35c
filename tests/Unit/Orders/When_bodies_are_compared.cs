using System.Text;
using ShopSaga.Orders.Placing;

namespace ShopSaga.Tests.Unit.Orders;

internal sealed class When_bodies_are_compared
{
    [TestCase("""{"a":1,"b":[1,2]}""", """ { "b" : [ 1 , 2 ] , "a" : 1 } """)]
    [TestCase("""{"a":{"c":null,"d":true}}""", """{"a":{"d":true,"c":null}}""")]
    [TestCase("""{"ab":"CARD"}""", """{"\u0061b":"C\u0041RD"}""")]
    [TestCase("""{"a":"/é😀"}""", """{"a":"\/\u00e9\ud83d\ude00"}""")]
    [TestCase("""{"a":{"\ud800":1}}""", """{"a":{"\ud800":1}}""", Description = "half a surrogate pair")]
    public void Should_take_them_for_the_same(string one, string other) => Assert.That(Digest(one), Is.EqualTo(Digest(other)));

    [TestCase("""{"a":1}""", """{"a":2}""")]
    [TestCase("""{"a":1}""", """{"a":"1"}""")]
    [TestCase("""{"a":[1,2]}""", """{"a":[2,1]}""")]
    [TestCase("""{"a":1}""", """{"a":1,"b":null}""")]
    [TestCase("""{"a":"x"}""", """{"a":"x "}""")]
    [TestCase("""{"a":"\ud800"}""", """{"a":"\ud801"}""")]
    [TestCase("""{"a":{"b":1},"c":1}""", """{"a":{"b":1,"c":1}}""")]
    public void Should_tell_them_apart(string one, string other) => Assert.That(Digest(one), Is.Not.EqualTo(Digest(other)));

    private static byte[] Digest(string json) => JsonDigest.Of(Encoding.UTF8.GetBytes(json));
}
