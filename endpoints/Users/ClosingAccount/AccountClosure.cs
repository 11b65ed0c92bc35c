using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.ClosingAccount;

/// <summary>The body of a closure. It has the password, so that a stolen access token alone closes nothing.</summary>
internal sealed record AccountClosure(string Password) : IJsonBody<AccountClosure>;
