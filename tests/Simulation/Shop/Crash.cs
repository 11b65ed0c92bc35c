namespace ShopSaga.Tests.Simulation.Shop;

/// <summary>The process of a service dies here.</summary>
internal sealed class Crash() : Exception("The process dies.");
