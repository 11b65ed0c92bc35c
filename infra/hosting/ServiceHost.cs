using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Business;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Health;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Hosting;

/// <summary>What every service has in common. A service's Program is: create, add its endpoint, use the defaults, add its routes, run.</summary>
public static class ServiceHost
{
    /// <summary>A builder with time, logging, telemetry, problems, health, access tokens, database, schema scripts and business calendar.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="database">Whether the service has a database; the gateway has none.</param>
    /// <param name="tokens">Whether the service's callers show access tokens; those of the payment provider do not.</param>
    /// <exception cref="InvalidOperationException">Configuration is missing or wrong; the message says what to set.</exception>
    public static WebApplicationBuilder CreateBuilder(string[] args, bool database = true, bool tokens = true)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.AddSecretFiles();
        builder.RefuseDevelopmentSecrets();
        builder.AddLogging();
        builder.AddTelemetry();
        builder.AddHttpDefaults();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<BusinessCalendar>();
        builder.Services.AddSingleton<Draining>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Draining>());
        builder.Services.AddHealthChecks().AddCheck<Draining>("draining");
        if (database)
        {
            builder.AddDatabase(Assembly.GetCallingAssembly());
        }

        if (tokens)
        {
            builder.AddAccessTokens();
        }

        if (database && tokens)
        {
            builder.AddApiDescription();
        }

        return builder;
    }

    /// <summary>
    /// Errors as problem+json, health routes, authentication. To be called before any route is added. What a middleware of the caller's own
    /// throws is only turned into a problem when it is added after this.
    /// </summary>
    /// <param name="app">The service.</param>
    /// <param name="beforeAuthorization">Adds what is to see every request, those that are refused too, and who calls.</param>
    public static WebApplication UseServiceDefaults(this WebApplication app, Action<WebApplication>? beforeAuthorization = null)
    {
        app.UseTelemetry();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseRouting();
        app.UseRouteNamesInTraces();
        app.UseAccessTokens(beforeAuthorization);
        app.UseReadingAgain();
        app.MapHealth();
        app.MapApiDescription();
        return app;
    }

    private static void AddDatabase(this WebApplicationBuilder builder, Assembly schema)
    {
        DapperTypes.Register();
        var connectionString = builder.Configuration.Required("ConnectionStrings:Database");
        builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(connectionString));
        builder.Services.AddHealthChecks().AddCheck<DatabaseCheck>("database");
        builder.Services.AddHostedService(services => new SchemaScripts(
            NpgsqlDataSource.Create(InstallingPhase.SchemaConnectionString(services.GetRequiredService<IConfiguration>())),
            schema,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<SchemaScripts>>()));
    }
}
