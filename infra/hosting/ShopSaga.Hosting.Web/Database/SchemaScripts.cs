using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ShopSaga.Hosting.Database;

/// <summary>
/// Brings the service's database to its current schema before anything else starts. Scripts are embedded resources
/// <c>Schema/NNN-title.sql</c>; each runs once, by number, in its own transaction. An advisory lock keeps instances that start together
/// from running one twice. A script that was edited after it ran stops the start: write a new one instead.
/// </summary>
internal sealed class SchemaScripts(NpgsqlDataSource database, Assembly assembly, TimeProvider time, ILogger<SchemaScripts> logger)
    : IHostedLifecycleService
{
    private const long AdvisoryLock = 0x53_68_6F_70_53_61_67_61;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        // Its connections end with it, and with them the lock.
        await using var disposed = database;
        await DatabaseAtStart.WhenAvailable(ApplyMissing, time, logger, cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    internal static IEnumerable<(string Name, string Text)> Read(Assembly assembly)
    {
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            var start = resource.IndexOf(".Schema.", StringComparison.Ordinal) + ".Schema.".Length;
            yield return (resource[start..], reader.ReadToEnd());
        }
    }

    private async Task ApplyMissing(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync("SELECT pg_advisory_lock(@AdvisoryLock)", new { AdvisoryLock });
        await connection.ExecuteAsync(
            """
            CREATE TABLE IF NOT EXISTS schema_scripts (
                name text PRIMARY KEY,
                sha256 text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now())
            """);
        var applied = (await connection.QueryAsync<(string Name, string Sha256)>("SELECT name, sha256 FROM schema_scripts"))
            .ToDictionary(script => script.Name, script => script.Sha256);
        foreach (var (name, text) in Read(assembly))
        {
            await Apply(connection, name, text, applied.GetValueOrDefault(name));
        }
    }

    private async Task Apply(NpgsqlConnection connection, string name, string text, string? appliedHash)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        if (appliedHash is not null)
        {
            if (appliedHash != hash)
            {
                throw new InvalidOperationException(
                    $"Schema script {name} was edited after it ran in this database. Restore it and put the change into a new script.");
            }

            return;
        }

        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(text, transaction: transaction);
        await connection.ExecuteAsync("INSERT INTO schema_scripts (name, sha256) VALUES (@name, @hash)", new { name, hash }, transaction);
        await transaction.CommitAsync();
        logger.LogInformation(LogEvents.SchemaScriptApplied, "Applied schema script {Script}", name);
    }
}
