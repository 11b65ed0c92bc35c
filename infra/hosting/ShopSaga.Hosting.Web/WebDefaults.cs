using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using ShopSaga.Hosting.Business;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Health;
using ShopSaga.Hosting.Http;
using ShopSaga.Hosting.Telemetry;

namespace ShopSaga.Hosting;

/// <summary>What any web service of this repository starts with.</summary>
public static class WebDefaults
{
    /// <summary>A builder with secret files, logging, telemetry, problems, time, business calendar and health.</summary>
    /// <exception cref="InvalidOperationException">Configuration is missing or wrong; the message says what to set.</exception>
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.RefuseUnknownSettings();
        builder.AddSecretFiles();
        builder.RefuseDevelopmentSecrets();
        builder.AddLogging();
        builder.AddTelemetry();
        builder.AddHttpDefaults();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<WriteRefusals>();
        builder.Services.AddSingleton<BusinessCalendar>();
        builder.Services.AddSingleton<Draining>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Draining>());
        builder.Services.AddHealthChecks().AddCheck<Draining>("draining");
        return builder;
    }

    /// <summary>
    /// Adds the database of <c>ConnectionStrings:Database</c>, its health, and the schema scripts embedded in <paramref name="schema"/>.
    /// </summary>
    public static void AddDatabase(this WebApplicationBuilder builder, Assembly schema)
    {
        DapperTypes.Register();
        var connectionString = DatabaseConnection.StringFrom(builder.Configuration);
        builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(connectionString));
        builder.Services.AddHealthChecks().AddCheck<DatabaseCheck>("database");
        var apply = SchemaApplication.Of(builder.Configuration);
        if (apply == SchemaApplication.Never)
        {
            return;
        }

        if (apply == SchemaApplication.Only)
        {
            builder.Services.AddHostedService<EndWhenStarted>();
        }

        builder.Services.AddHostedService(services => new SchemaScripts(
            NpgsqlDataSource.Create(SchemaRole.ConnectionString(builder.Configuration)),
            schema,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<SchemaScripts>>()));
    }

    /// <summary>
    /// Errors as problem+json, health and metrics routes. Call it before adding any route: exceptions of middleware added earlier are not
    /// turned into problems.
    /// </summary>
    public static WebApplication UseWebDefaults(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseRoutingWithHead();
        app.UseDeadConnectionRetry();
        app.MapMetrics();
        app.MapHealth();
        return app;
    }
}
