namespace ShopSaga.Bus;

/// <summary>Marks a class that handles messages; implement <see cref="IHandleMessages{T}"/>.</summary>
public interface IHandleMessages;
