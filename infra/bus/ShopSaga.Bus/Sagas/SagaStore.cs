using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Npgsql;
using NpgsqlTypes;

namespace ShopSaga.Bus;

/// <summary>A saga's data as loaded, with the concurrency count that its update must find unchanged.</summary>
internal readonly record struct StoredSaga(IContainSagaData Data, int Concurrency);

/// <summary>
/// One saga type's table. What keeps two messages for one saga apart:
/// <code>
///   both find it       the row is locked when read, so the second waits for the first's commit
///   both start it      the unique index on the correlation column lets the second wait, and refuses it
///   changed otherwise  an update finds another concurrency count, and refuses
/// </code>
/// </summary>
internal sealed class SagaStore
{
    private const int MaxName = 43;
    private static readonly JsonSerializerOptions IndentedJson = new()
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly Database _database;
    private readonly Type _dataType;
    private readonly PropertyInfo _correlation;
    private readonly string _name;
    private readonly string _table;
    private readonly string _column;
    private readonly string _sagaTypeVersion;

    /// <exception cref="InvalidOperationException">The saga's name is too long for a table.</exception>
    public SagaStore(Database database, Type sagaType, Type dataType, PropertyInfo correlation)
    {
        if (sagaType.Name.Length > MaxName)
        {
            throw new InvalidOperationException(
                $"The saga {sagaType.Name} gives its table a name longer than {MaxName} characters: call it something shorter.");
        }

        _database = database;
        _dataType = dataType;
        _correlation = correlation;
        _name = sagaType.Name;
        _table = database.Table(_name);
        _column = $"\"Correlation_{correlation.Name}\"";
        _sagaTypeVersion = dataType.Assembly.GetCustomAttribute<AssemblyFileVersionAttribute>()?.Version ?? "1.0.0.0";
    }

    /// <summary>Whether the saga's data is of this type, of one that derives from it, or of one that it derives from.</summary>
    public bool SharesData(Type dataType) => _dataType.IsAssignableFrom(dataType) || dataType.IsAssignableFrom(_dataType);

    public Task<StoredSaga?> GetById(ISqlStorageSession session, Guid id, CancellationToken cancellationToken) =>
        Get(session, "\"Id\"", id, cancellationToken);

    public Task<StoredSaga?> GetByCorrelation(ISqlStorageSession session, object value, CancellationToken cancellationToken) =>
        Get(session, _column, value, cancellationToken);

    /// <exception cref="ConcurrencyException">Another message has started the saga meanwhile.</exception>
    public async Task Insert(ISqlStorageSession session, IContainSagaData data, CancellationToken cancellationToken)
    {
        await using var command = Command(
            session,
            $"""
             INSERT INTO {_table} ("Id", "Metadata", "Data", "PersistenceVersion", "SagaTypeVersion", "Concurrency", {_column})
             VALUES ($1, $2, $3, '{WireVersion.Persistence}', $4, 1, $5) ON CONFLICT DO NOTHING
             """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = data.Id });
        command.Parameters.Add(new NpgsqlParameter<string>
        {
            TypedValue = JsonSerializer.Serialize(new Metadata(data.OriginalMessageId, data.Originator), IndentedJson),
        });
        command.Parameters.Add(Json(data));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _sagaTypeVersion });
        command.Parameters.Add(new NpgsqlParameter { Value = _correlation.GetValue(data) });
        if (await command.ExecuteNonQueryAsync(cancellationToken) != 1)
        {
            throw new ConcurrencyException($"Another message started {_name} for {_correlation.GetValue(data)} at the same time.");
        }
    }

    /// <summary>
    /// Leaves no row of a saga that starts and completes with one message. The insert waits for a transaction that starts the same saga,
    /// and fails when it commits: without it, that row would be missed and would stay for ever.
    /// </summary>
    /// <exception cref="ConcurrencyException">Another message has started the saga meanwhile.</exception>
    public async Task InsertAndDelete(ISqlStorageSession session, IContainSagaData data, CancellationToken cancellationToken)
    {
        await Insert(session, data, cancellationToken);
        await Delete(session, new StoredSaga(data, Concurrency: 1), cancellationToken);
    }

    /// <exception cref="ConcurrencyException">Another message has changed the saga meanwhile.</exception>
    public async Task Update(ISqlStorageSession session, StoredSaga saga, CancellationToken cancellationToken)
    {
        await using var command = Command(
            session,
            $"""
             UPDATE {_table}
             SET "Data" = $3, "PersistenceVersion" = '{WireVersion.Persistence}', "SagaTypeVersion" = $4, "Concurrency" = $2 + 1
             WHERE "Id" = $1 AND "Concurrency" = $2
             """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = saga.Data.Id });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = saga.Concurrency });
        command.Parameters.Add(Json(saga.Data));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _sagaTypeVersion });
        await ChangeOne(command, saga, cancellationToken);
    }

    /// <exception cref="ConcurrencyException">Another message has changed the saga meanwhile.</exception>
    public async Task Delete(ISqlStorageSession session, StoredSaga saga, CancellationToken cancellationToken)
    {
        await using var command = Command(session, $"""DELETE FROM {_table} WHERE "Id" = $1 AND "Concurrency" = $2""");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = saga.Data.Id });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = saga.Concurrency });
        await ChangeOne(command, saga, cancellationToken);
    }

    /// <summary>Creates table and index where they are missing, named as NServiceBus.Persistence.Sql names them.</summary>
    public Task Install(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var columnType = _correlation.PropertyType == typeof(Guid) ? "uuid" : "character varying(200)";
        var index = _database.Identifier("_i_" + IndexHash(_name, _correlation.Name));
        return Database.CreateMissing(
            connection,
            [_table, $"public.{index}"],
            $"""
             CREATE TABLE IF NOT EXISTS {_table} (
                 "Id" uuid NOT NULL PRIMARY KEY,
                 "Metadata" text NOT NULL,
                 "Data" jsonb NOT NULL,
                 "PersistenceVersion" character varying(23),
                 "SagaTypeVersion" character varying(23),
                 "Concurrency" int NOT NULL);
             ALTER TABLE {_table} ADD COLUMN IF NOT EXISTS {_column} {columnType};
             CREATE UNIQUE INDEX IF NOT EXISTS {index} ON {_table} ({_column});
             """,
            cancellationToken);
    }

    [SuppressMessage("Security", "CA5350", Justification = "The wire contract names indexes by SHA-1; nothing is protected by it.")]
    internal static string IndexHash(string saga, string property) =>
        Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes($"{saga}/{property}")));

    private async Task<StoredSaga?> Get(ISqlStorageSession session, string column, object value, CancellationToken cancellationToken)
    {
        await using var command = Command(
            session, $"""SELECT "Id", "Metadata", "Data"::text, "Concurrency" FROM {_table} WHERE {column} = $1 FOR UPDATE""");
        command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var data = (IContainSagaData)JsonSerializer.Deserialize(reader.GetString(2), _dataType, SagaJson.Options)!;
        var metadata = JsonSerializer.Deserialize<Metadata>(reader.GetString(1), IndentedJson);
        data.Id = reader.GetGuid(0);
        data.Originator = metadata?.Originator;
        data.OriginalMessageId = metadata?.OriginalMessageId;
        return new StoredSaga(data, reader.GetInt32(3));
    }

    private async Task ChangeOne(NpgsqlCommand command, StoredSaga saga, CancellationToken cancellationToken)
    {
        if (await command.ExecuteNonQueryAsync(cancellationToken) != 1)
        {
            throw new ConcurrencyException($"{_name} {saga.Data.Id} is no longer at concurrency {saga.Concurrency}.");
        }
    }

    private NpgsqlParameter<string> Json(IContainSagaData data) => new()
    {
        TypedValue = JsonSerializer.Serialize(data, _dataType, SagaJson.Options),
        NpgsqlDbType = NpgsqlDbType.Jsonb,
    };

    private static NpgsqlCommand Command(ISqlStorageSession session, string sql) =>
        new(sql, (NpgsqlConnection)session.Connection, (NpgsqlTransaction)session.Transaction);

    private sealed record Metadata(string? OriginalMessageId, string? Originator);
}

/// <summary>The JSON of saga data: names as declared, without default values and without the members that have columns.</summary>
internal static class SagaJson
{
    private static readonly string[] Columns =
        [nameof(IContainSagaData.Id), nameof(IContainSagaData.Originator), nameof(IContainSagaData.OriginalMessageId)];

    public static JsonSerializerOptions Options { get; } = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutColumns } },
    };

    private static void LeaveOutColumns(JsonTypeInfo type)
    {
        if (!typeof(IContainSagaData).IsAssignableFrom(type.Type))
        {
            return;
        }

        foreach (var property in type.Properties.Where(property => Columns.Contains(property.Name)).ToList())
        {
            type.Properties.Remove(property);
        }
    }
}
