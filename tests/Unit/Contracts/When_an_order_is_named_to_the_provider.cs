using ShopSaga.Contracts.Payments;

namespace ShopSaga.Tests.Unit.Contracts;

internal sealed class When_an_order_is_named_to_the_provider
{
    [TestCase(1)]
    [TestCase(long.MaxValue)]
    public void Should_find_the_order_of_its_reference(long orderId) =>
        Assert.That(ChargeReference.OrderOf(ChargeReference.Of(orderId)), Is.EqualTo(orderId));

    [Test]
    public void Should_keep_the_keys_that_the_provider_knows() => Assert.That(ChargeReference.Of(17), Is.EqualTo("order-17"));

    [TestCase("")]
    [TestCase("order-")]
    [TestCase("order-1x")]
    [TestCase("order--1")]
    [TestCase("Order-1")]
    [TestCase("refund-1")]
    [TestCase("order-9223372036854775808")]
    public void Should_know_no_order_of_a_foreign_reference(string reference) => Assert.That(ChargeReference.OrderOf(reference), Is.Null);
}
