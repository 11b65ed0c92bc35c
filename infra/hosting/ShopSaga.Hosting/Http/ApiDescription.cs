using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using ShopSaga.Hosting.Authentication;

namespace ShopSaga.Hosting.Http;

/// <summary>
/// <c>/openapi/{service}.json</c>: the service's routes as an OpenAPI 3.1 document, generated from their types and <see
/// cref="RouteDescriptions"/> at the first request, and then cached.
/// </summary>
public static class ApiDescription
{
    private const string Problem = "Problem";
    private const string Bearer = "bearer";

    /// <summary>Adds the document; <see cref="ServiceHost"/> does so for a service with a database.</summary>
    public static void AddApiDescription(this WebApplicationBuilder builder)
    {
        var service = ServiceOf(builder.Environment.ApplicationName);
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            // These change the descriptions only: members of responses are required, and numbers are not also strings.
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
            json.SerializerOptions.RespectNullableAnnotations = true;
        });
        builder.Services.AddOpenApi(service.ToLowerInvariant(), options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.CreateSchemaReferenceId = NameOf;
            options.ShouldInclude = route => route.RelativePath?.StartsWith("internal/", StringComparison.Ordinal) != true;
            options.AddSchemaTransformer((schema, context, _) => Bound(schema, context.JsonPropertyInfo));
            options.AddOperationTransformer((operation, context, _) => Complete(operation, context, service));
            options.AddDocumentTransformer((document, _, _) => Complete(document, service));
        });
    }

    internal static void MapApiDescription(this WebApplication app)
    {
        var name = ServiceOf(app.Environment.ApplicationName).ToLowerInvariant();
        if (app.Services.GetKeyedService<IOpenApiDocumentProvider>(name) is null)
        {
            return;
        }

        var text = new Lazy<Task<string>>(async () =>
        {
            await using var scope = app.Services.CreateAsyncScope();
            var document = await scope.ServiceProvider.GetRequiredKeyedService<IOpenApiDocumentProvider>(name).GetOpenApiDocumentAsync();
            return await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1);
        });
        app.MapGet($"/openapi/{name}.json", async () => TypedResults.Text(await text.Value, "application/json")).ExcludeFromDescription();
    }

    private static string ServiceOf(string assembly) => assembly.Split('.')[^1];

    /// <summary>The type OrderView is called Order in the document.</summary>
    private static string? NameOf(JsonTypeInfo type) =>
        OpenApiOptions.CreateDefaultSchemaReferenceId(type)?.Replace("View", "", StringComparison.Ordinal);

    /// <summary>Adds the bounds of data annotations, which records have on the parameters of the constructor.</summary>
    private static Task Bound(OpenApiSchema schema, JsonPropertyInfo? property)
    {
        // A member says itself whether it may be null; the generator repeats that in the enum, where it is wrong.
        if (schema.Enum is { } words)
        {
            schema.Type = JsonSchemaType.String;
            schema.Enum = [.. words.Where(word => word is not null && !word.IsJsonNullSentinel())];
        }

        foreach (var rule in property is null ? [] : JsonCheck.RulesOf(property))
        {
            switch (rule)
            {
                case TextAttribute text:
                    (schema.MinLength, schema.MaxLength) = (text.Minimum, text.Maximum);
                    break;
                case RangeAttribute range:
                    schema.Minimum = Convert.ToString(range.Minimum, CultureInfo.InvariantCulture);
                    schema.Maximum = Convert.ToString(range.Maximum, CultureInfo.InvariantCulture);
                    break;
                case LengthAttribute length:
                    (schema.MinItems, schema.MaxItems) = (length.MinimumLength, length.MaximumLength);
                    break;
                case RegularExpressionAttribute form:
                    schema.Pattern = $"^{form.Pattern}$";
                    break;
            }
        }

        return Task.CompletedTask;
    }

    private static Task Complete(OpenApiDocument document, string service)
    {
        document.Info = new OpenApiInfo
        {
            Title = $"ShopSaga {service}",
            Version = "1.0",
            Description = "Errors are problems (RFC 9457); `type` is a page that explains the error. Every response says how many requests "
                + "are left (RateLimit, RateLimit-Policy).",
        };
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Tags = new HashSet<OpenApiTag> { new() { Name = service } };
        document.AddComponent(Problem, new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Required = new HashSet<string> { "type", "title", "status", "detail", "traceId" },
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["type"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "A page of this host that explains the error." },
                ["title"] = new OpenApiSchema { Type = JsonSchemaType.String },
                ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" },
                ["detail"] = new OpenApiSchema { Type = JsonSchemaType.String },
                ["traceId"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Quote it when you report the error." },
                ["errors"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Description = "Messages by member or parameter.",
                    AdditionalProperties = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Array,
                        Items = new OpenApiSchema { Type = JsonSchemaType.String },
                    },
                },
            },
        });
        document.AddComponent(Bearer, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "JWT",
            Description = "The access token of POST /auth/login.",
        });
        return Task.CompletedTask;
    }

    private static Task Complete(OpenApiOperation operation, OpenApiOperationTransformerContext context, string service)
    {
        var (document, metadata) = (context.Document!, context.Description.ActionDescriptor.EndpointMetadata);
        operation.Tags = new HashSet<OpenApiTagReference> { new(service, document) };
        var parameters = operation.Parameters ??= [];
        foreach (var query in metadata.OfType<QueryParameter>())
        {
            parameters.Add(Described(query));
        }

        foreach (var header in metadata.OfType<RequestHeader>())
        {
            parameters.Add(new OpenApiParameter
            {
                Name = header.Name,
                In = ParameterLocation.Header,
                Description = header.Description,
                Schema = Text,
            });
        }

        if (metadata.OfType<BodyExample>().FirstOrDefault() is { } example
            && operation.RequestBody?.Content?.TryGetValue("application/json", out var body) == true)
        {
            body.Example = JsonSerializer.SerializeToNode(example.Value, example.Value.GetType(), JsonBody.Options);
        }

        var access = metadata.OfType<IAuthorizeData>().ToList();
        if (access.Count > 0)
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] }];
        }

        var responses = operation.Responses ??= [];
        foreach (var (status, response) in responses.Where(response => response.Key.StartsWith('2')))
        {
            Head(response, metadata.OfType<ResponseHeader>());
            foreach (var form in metadata.OfType<OtherForm>())
            {
                response.Content!.Add(form.MediaType, new OpenApiMediaType { Schema = Text });
            }

            if (status is "201" or "202")
            {
                Head(response, [new ResponseHeader("Location", "The address of the resource.")]);
            }
        }

        foreach (var refusals in Refusals(metadata, parameters, access).GroupBy(refusal => refusal.Status).OrderBy(group => group.Key))
        {
            responses[refusals.Key.ToString(CultureInfo.InvariantCulture)] = Described(
                refusals.Key, [.. refusals.SelectMany(refusal => refusal.Codes).Distinct()], document);
        }

        return Task.CompletedTask;
    }

    /// <summary>The problems that the route declares, and those that follow from its parameters and access.</summary>
    private static IEnumerable<Refusal> Refusals(IList<object> metadata, IList<IOpenApiParameter> parameters, List<IAuthorizeData> access)
    {
        foreach (var refusal in metadata.OfType<Refusal>())
        {
            yield return refusal;
        }

        if (parameters.Any(parameter => parameter.In is ParameterLocation.Query))
        {
            yield return Refusal.Of(StatusCodes.Status400BadRequest);
        }

        if (access.Count > 0)
        {
            yield return Refusal.Of(StatusCodes.Status401Unauthorized);
        }

        if (access.Any(data => data.Policy == AccessTokens.AdminPolicy))
        {
            yield return Refusal.Of(StatusCodes.Status403Forbidden);
        }

        if (parameters.Any(parameter => parameter.In is ParameterLocation.Path))
        {
            yield return Refusal.Of(StatusCodes.Status404NotFound);
        }

        yield return Refusal.Of(StatusCodes.Status429TooManyRequests);
        yield return Refusal.Of(StatusCodes.Status503ServiceUnavailable);
    }

    private static OpenApiResponse Described(int status, string[] codes, OpenApiDocument document)
    {
        var response = new OpenApiResponse
        {
            Description = string.Join(", or ", codes.Select(TitleOf)),
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/problem+json"] = new()
                {
                    Schema = new OpenApiSchemaReference(Problem, document),
                    Examples = codes.ToDictionary(
                        code => code, IOpenApiExample (code) => new OpenApiExample { Value = Example(status, code) }),
                },
            },
        };
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            Head(response, [new ResponseHeader("Retry-After", "Seconds until a retry.")]);
        }

        if (status is StatusCodes.Status401Unauthorized)
        {
            Head(response, [new ResponseHeader("WWW-Authenticate", "Bearer.")]);
        }

        return response;
    }

    private static JsonObject Example(int status, string code)
    {
        var known = ProblemCodes.Of(status);
        var example = new JsonObject
        {
            ["type"] = $"/problems/{code}",
            ["title"] = TitleOf(code),
            ["status"] = status,
            ["detail"] = known.Code == code ? known.Detail : $"{TitleOf(code)}.",
            ["traceId"] = "4bf92f3577b34da6a3ce929d0e0e4736",
        };
        if (code == "validation")
        {
            (example["detail"],
                example["errors"]) = ("quantity: is required.", new JsonObject { ["quantity"] = new JsonArray("is required.") });
        }

        return example;
    }

    private static string TitleOf(string code) => char.ToUpperInvariant(code[0]) + code[1..].Replace('-', ' ');

    private static OpenApiParameter Described(QueryParameter query) => new()
    {
        Name = query.Name,
        In = ParameterLocation.Query,
        Description = query.Description,
        Required = query.IsRequired,
        Schema = query switch
        {
            { Range: { } range } => new OpenApiSchema
            {
                Type = JsonSchemaType.Integer,
                Format = "int32",
                Minimum = range.Minimum.ToString(CultureInfo.InvariantCulture),
                Maximum = range.Maximum.ToString(CultureInfo.InvariantCulture),
            },
            { IsNumber: true } => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" },
            { IsDate: true } => new OpenApiSchema { Type = JsonSchemaType.String, Format = "date" },
            { Words.Length: > 0 } =>
                new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. query.Words.Select(word => JsonValue.Create(word))] },
            _ => Text,
        },
    };

    private static OpenApiSchema Text => new() { Type = JsonSchemaType.String };

    private static void Head(IOpenApiResponse response, IEnumerable<ResponseHeader> headers)
    {
        foreach (var header in headers)
        {
            (((OpenApiResponse)response).Headers ??= new Dictionary<string, IOpenApiHeader>())[header.Name] =
                new OpenApiHeader { Description = header.Description, Schema = Text };
        }
    }
}
