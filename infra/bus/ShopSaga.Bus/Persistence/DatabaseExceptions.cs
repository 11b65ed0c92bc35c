namespace ShopSaga.Bus;

/// <summary>No connection to the database works.</summary>
internal sealed class DatabaseUnavailableException(string message, Exception innerException) : Exception(message, innerException);

/// <summary>Two transactions wanted the same row; the later one is to run again.</summary>
internal sealed class ConcurrencyException(string message) : Exception(message);
