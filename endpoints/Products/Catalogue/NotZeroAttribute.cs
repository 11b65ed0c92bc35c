using System.ComponentModel.DataAnnotations;

namespace ShopSaga.Products.Catalogue;

/// <summary>A number that changes something.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class NotZeroAttribute : ValidationAttribute
{
    public override bool IsValid(object? value) => value is not 0;

    public override string FormatErrorMessage(string name) => "must not be 0.";
}
