using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;
using StackExchange.Redis;

namespace ShopSaga.Hosting;

/// <summary>What the shop's services share. A service's Program: create, add its endpoint, use the defaults, map its routes, run.</summary>
public static class ServiceHost
{
    /// <summary>
    /// A builder with the web defaults, access tokens and, for a service with a database, schema scripts and an OpenAPI document.
    /// </summary>
    /// <param name="args">The command line.</param>
    /// <param name="database">Whether the service has a database; the gateway has none.</param>
    /// <exception cref="InvalidOperationException">Configuration is missing or wrong; the message says what to set.</exception>
    public static WebApplicationBuilder CreateBuilder(string[] args, bool database = true)
    {
        var builder = WebDefaults.CreateBuilder(args);
        builder.Services.AddSingleton(new UnavailableWhen(failure => failure is RedisConnectionException));
        builder.AddAccessTokens();
        if (database)
        {
            builder.AddDatabase(Assembly.GetCallingAssembly());
            builder.AddApiDescription();
        }

        return builder;
    }

    /// <summary>The web defaults, authentication and authorization. Call it before adding any route.</summary>
    /// <param name="app">The service.</param>
    /// <param name="beforeAuthorization">Adds middleware that sees every request with its caller, refused ones included.</param>
    public static WebApplication UseServiceDefaults(this WebApplication app, Action<WebApplication>? beforeAuthorization = null)
    {
        app.UseWebDefaults();
        app.UseAccessTokens(beforeAuthorization);
        app.MapApiDescription();
        return app;
    }
}
