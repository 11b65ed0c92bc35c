namespace ShopSaga.Users;

/// <summary>Ids of the events that Users logs: 1000 to 1999.</summary>
internal static class LogEvents
{
    public static readonly EventId Registered = new(1001, nameof(Registered));
    public static readonly EventId LoggedIn = new(1002, nameof(LoggedIn));
    public static readonly EventId LogInRefused = new(1003, nameof(LogInRefused));
    public static readonly EventId RefreshTokenReused = new(1004, nameof(RefreshTokenReused));
    public static readonly EventId PasswordChanged = new(1005, nameof(PasswordChanged));
    public static readonly EventId SigningKeyCreated = new(1006, nameof(SigningKeyCreated));
    public static readonly EventId AdminCreated = new(1007, nameof(AdminCreated));
    public static readonly EventId AdminAddressTaken = new(1008, nameof(AdminAddressTaken));
    public static readonly EventId SigningKeyNotRotated = new(1009, nameof(SigningKeyNotRotated));
    public static readonly EventId Rehashed = new(1010, nameof(Rehashed));
    public static readonly EventId EmailTaken = new(1011, nameof(EmailTaken));
    public static readonly EventId AccountClosed = new(1012, nameof(AccountClosed));
}
