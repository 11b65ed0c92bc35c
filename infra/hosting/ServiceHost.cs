using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using ShopSaga.Hosting.Business;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Hosting;

/// <summary>What every service has in common. A service's Program is: create, add its endpoint and routes, run.</summary>
public static class ServiceHost
{
    /// <summary>A builder with time, database, schema scripts and business calendar.</summary>
    /// <exception cref="InvalidOperationException">Configuration is missing or wrong; the message says what to set.</exception>
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.AddDatabase(Assembly.GetCallingAssembly());
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<BusinessCalendar>();
        return builder;
    }

    private static void AddDatabase(this WebApplicationBuilder builder, Assembly schema)
    {
        DapperTypes.Register();
        var connectionString = builder.Configuration.Required("ConnectionStrings:Database");
        builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(connectionString));
        builder.Services.AddHostedService(services => new SchemaScripts(
            services.GetRequiredService<NpgsqlDataSource>(),
            schema,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<SchemaScripts>>()));
    }
}
