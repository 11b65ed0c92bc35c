namespace ShopSaga.Contracts.Users;

/// <summary>An account was closed: its e-mail address, name and password are erased, and only the bare id remains elsewhere.</summary>
/// <param name="UserId">The former user; the id is never used again.</param>
/// <param name="ClosedAt">UTC.</param>
public sealed record AccountClosed(long UserId, DateTimeOffset ClosedAt);
