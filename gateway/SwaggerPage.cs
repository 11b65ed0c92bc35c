namespace ShopSaga.Gateway;

/// <summary><c>/swagger</c>: one page over the OpenAPI documents of all services.</summary>
internal static class SwaggerPage
{
    // Swagger UI has inline styles and data: images; scripts come from this origin only.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        + "frame-ancestors 'none'; form-action 'none'; base-uri 'none'";

    public static void UseSwaggerPage(this WebApplication app)
    {
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/swagger"), swagger => swagger.Use((context, next) =>
        {
            context.Response.Headers.ContentSecurityPolicy = Policy;
            return next(context);
        }));
        app.UseSwaggerUI(page =>
        {
            page.DocumentTitle = "ShopSaga";
            foreach (var service in Enum.GetNames<Service>())
            {
                page.SwaggerEndpoint($"/openapi/{service.ToLowerInvariant()}.json", service);
            }
        });
    }
}
