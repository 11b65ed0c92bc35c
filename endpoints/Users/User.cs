namespace ShopSaga.Users;

/// <summary>An account as its owner sees it; the password hash never leaves the database layer.</summary>
internal sealed record User(long Id, string Email, string Name, string Role);
