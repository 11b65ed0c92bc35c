using System.ComponentModel.DataAnnotations;

namespace ShopSaga.Orders.Placing;

/// <summary>The form of a payment method. Which methods are accepted is the payment provider's decision.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
internal sealed class PaymentMethodAttribute : RegularExpressionAttribute
{
    public PaymentMethodAttribute()
        : base("[A-Z_]{2,40}") => ErrorMessage = "must be 2 to 40 of A-Z and _.";

    // The base class takes an empty text for an absent one.
    public override bool IsValid(object? value) => value is not "" && base.IsValid(value);
}
