namespace ShopSaga.Users;

/// <summary>An account, as its owner sees it.</summary>
internal sealed record User(long Id, string Email, string Name, string Role);
