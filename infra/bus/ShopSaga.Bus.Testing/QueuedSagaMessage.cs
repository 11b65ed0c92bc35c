namespace ShopSaga.Bus.Testing;

/// <summary>A message on its way to the saga under test.</summary>
/// <param name="Type">The type it is handled as.</param>
/// <param name="Message">The message.</param>
/// <param name="Headers">Its headers.</param>
public record QueuedSagaMessage(Type Type, object Message, IReadOnlyDictionary<string, string> Headers);
