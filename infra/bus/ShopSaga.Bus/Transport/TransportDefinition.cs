namespace ShopSaga.Bus;

/// <summary>A kind of transport and its settings.</summary>
public abstract class TransportDefinition
{
    internal abstract ITransport Create(TransportContext context);
}
