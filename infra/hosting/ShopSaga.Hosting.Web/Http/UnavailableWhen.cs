namespace ShopSaga.Hosting.Http;

/// <summary>Exceptions that mean "a dependency is unavailable" and are answered with a 503. Register one for each dependency.</summary>
internal sealed record UnavailableWhen(Func<Exception, bool> Matches);
