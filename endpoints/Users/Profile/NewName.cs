using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.Profile;

/// <summary>The body of a change of name.</summary>
internal sealed record NewName([Text(1, 200)] string Name) : IJsonBody<NewName>;
