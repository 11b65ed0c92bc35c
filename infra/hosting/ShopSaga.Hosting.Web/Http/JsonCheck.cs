using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ShopSaga.Hosting.Http;

/// <summary>
/// Checks JSON against the type it will be deserialized to, and collects all errors by the path of the member, such as
/// <c>lines[0].quantity</c>: missing, null, given twice, of the wrong type, or outside its data annotations.
/// </summary>
internal sealed class JsonCheck
{
    private const int MaxErrors = 20;
    private static readonly ConcurrentDictionary<JsonPropertyInfo, ValidationAttribute[]> RulesByProperty = new();
    private readonly Dictionary<string, string[]> _errors = [];

    /// <exception cref="InvalidRequestException">Something is wrong.</exception>
    public static void Throw(JsonElement body, JsonTypeInfo type)
    {
        var check = new JsonCheck();
        if (body.ValueKind == JsonValueKind.Object)
        {
            check.Object(body, type, path: "");
        }
        else
        {
            check.Wrong("body", "must be a JSON object.");
        }

        if (check._errors.Count > 0)
        {
            throw new InvalidRequestException(check._errors);
        }
    }

    private void Object(JsonElement element, JsonTypeInfo type, string path)
    {
        var members = new Dictionary<string, JsonElement>();
        foreach (var member in element.EnumerateObject())
        {
            if (NameOf(member) is not { } name)
            {
                Wrong(path.Length == 0 ? "body" : path, "has a member whose name is not valid Unicode.");
            }
            else if (!members.TryAdd(name, member.Value))
            {
                Wrong(Join(path, name), "is given twice.");
            }
        }

        foreach (var property in type.Properties)
        {
            var memberPath = Join(path, property.Name);
            if (!members.TryGetValue(property.Name, out var value))
            {
                if (property.IsRequired)
                {
                    Wrong(memberPath, "is required.");
                }
            }
            else if (value.ValueKind != JsonValueKind.Null)
            {
                Value(value, property.PropertyType, type.Options, memberPath, RulesOf(property));
            }
            else if (property.AssociatedParameter is { IsNullable: false } or { ParameterType.IsValueType: true }
                && Nullable.GetUnderlyingType(property.PropertyType) is null)
            {
                Wrong(memberPath, "must not be null.");
            }
        }
    }

    private void Value(JsonElement element, Type declared, JsonSerializerOptions options, string path, ValidationAttribute[] rules)
    {
        var type = options.GetTypeInfo(Nullable.GetUnderlyingType(declared) ?? declared);
        var errorsBefore = _errors.Count;
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object when element.ValueKind == JsonValueKind.Object:
                Object(element, type, path);
                break;
            case JsonTypeInfoKind.Object:
                Wrong(path, "must be an object.");
                break;
            case JsonTypeInfoKind.Enumerable when element.ValueKind == JsonValueKind.Array:
                var index = 0;
                foreach (var item in element.EnumerateArray())
                {
                    Item(item, type.ElementType!, options, $"{path}[{index++}]");
                }

                break;
            case JsonTypeInfoKind.Enumerable:
                Wrong(path, "must be an array.");
                break;
            default:
                Scalar(element, type.Type, path);
                break;
        }

        if (_errors.Count == errorsBefore && _errors.Count < MaxErrors)
        {
            Rules(element, type, path, rules);
        }
    }

    private void Item(JsonElement item, Type type, JsonSerializerOptions options, string path)
    {
        if (item.ValueKind == JsonValueKind.Null)
        {
            Wrong(path, "must not be null.");
        }
        else
        {
            Value(item, type, options, path, []);
        }
    }

    private void Scalar(JsonElement element, Type type, string path)
    {
        if (type == typeof(string))
        {
            Text(element, path);
        }
        else if (type == typeof(int) && !(IsInteger(element) && element.TryGetInt32(out _)))
        {
            Wrong(path, "must be an integer of 32 bits.");
        }
        else if (type == typeof(long) && !(IsInteger(element) && element.TryGetInt64(out _)))
        {
            Wrong(path, "must be an integer of 64 bits.");
        }
        else if (type == typeof(bool) && element.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Wrong(path, "must be true or false.");
        }
    }

    private void Text(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.String)
        {
            Wrong(path, "must be text.");
            return;
        }

        try
        {
            // PostgreSQL cannot store it in text.
            if (element.GetString()!.Contains('\0'))
            {
                Wrong(path, "must not contain a NUL character.");
            }
        }
        catch (InvalidOperationException)
        {
            Wrong(path, "is not valid Unicode.");
        }
    }

    private void Rules(JsonElement element, JsonTypeInfo type, string path, ValidationAttribute[] rules)
    {
        object? value;
        try
        {
            value = element.Deserialize(type);
        }
        catch (JsonException)
        {
            Wrong(path, "has the wrong type or form.");
            return;
        }

        foreach (var rule in rules.Where(rule => !rule.IsValid(value)))
        {
            Wrong(path, MessageOf(rule, path));
        }
    }

    /// <summary>The platform's own messages name the member again and speak of fields and collection types.</summary>
    private static string MessageOf(ValidationAttribute rule, string path) => rule switch
    {
        LengthAttribute length => $"must have {length.MinimumLength} to {length.MaximumLength} items.",
        RangeAttribute range => string.Create(CultureInfo.InvariantCulture, $"must be from {range.Minimum} to {range.Maximum}."),
        _ => rule.FormatErrorMessage(path),
    };

    private void Wrong(string path, string message)
    {
        if (_errors.Count < MaxErrors)
        {
            _errors.TryAdd(path, [message]);
        }
    }

    /// <summary>The data annotations of a member, from the property and from the parameter of the record's constructor.</summary>
    public static ValidationAttribute[] RulesOf(JsonPropertyInfo property) => RulesByProperty.GetOrAdd(property, static property =>
    [
        .. (property.AssociatedParameter?.AttributeProvider?.GetCustomAttributes(typeof(ValidationAttribute), inherit: true) ?? [])
            .Concat(property.AttributeProvider?.GetCustomAttributes(typeof(ValidationAttribute), inherit: true) ?? [])
            .Cast<ValidationAttribute>(),
    ]);

    private static bool IsInteger(JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.GetRawText() != "-0";

    private static string? NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
