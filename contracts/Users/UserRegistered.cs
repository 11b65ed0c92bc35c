namespace ShopSaga.Contracts.Users;

/// <summary>An account was opened.</summary>
/// <param name="UserId">The new user.</param>
/// <param name="Email">As given; accounts are compared by its canonical spelling (decision 020).</param>
/// <param name="Name">Display name.</param>
/// <param name="RegisteredAt">UTC.</param>
public sealed record UserRegistered(long UserId, string Email, string Name, DateTimeOffset RegisteredAt);
