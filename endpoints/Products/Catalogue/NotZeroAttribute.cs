using System.ComponentModel.DataAnnotations;

namespace ShopSaga.Products.Catalogue;

/// <summary>Validates that a number is not 0.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class NotZeroAttribute : ValidationAttribute
{
    public override bool IsValid(object? value) => value is not 0;

    public override string FormatErrorMessage(string name) => "must not be 0.";
}
