namespace ShopSaga.Web.Api;

/// <summary>Why a call had no result.</summary>
/// <param name="Code">The problem code, such as <c>out-of-stock</c>; <c>unavailable</c> when the gateway cannot be reached.</param>
/// <param name="Service">The service that was called.</param>
/// <param name="Detail">What the API says, in English.</param>
/// <param name="Errors">What is wrong with each member, by its name.</param>
/// <param name="RetryAfter">When it is worth trying again.</param>
public sealed record Problem(
    string Code, string Service, string? Detail, IReadOnlyDictionary<string, string[]> Errors, TimeSpan? RetryAfter)
{
    /// <summary>The visitor has no session, or one that has ended.</summary>
    public const string Unauthenticated = "unauthenticated";

    /// <summary>The service, or something that it needs, is away.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>A service that does not answer.</summary>
    public static Problem Away(string service) => new(Unavailable, service, null, new Dictionary<string, string[]>(), null);

    /// <summary>The session has ended.</summary>
    public static Problem LoggedOut(string service) => new(Unauthenticated, service, null, new Dictionary<string, string[]>(), null);
}

/// <summary>The result of a call, or the reason why there is none.</summary>
public sealed record Answer<T>(T? Value, Problem? Problem)
    where T : class
{
    /// <summary>Whether there is a result.</summary>
    public bool IsOk => Problem is null;
}
