using static ShopSaga.Gateway.Service;
using static ShopSaga.Gateway.Who;

namespace ShopSaga.Gateway;

/// <summary>The services behind the gateway.</summary>
internal enum Service
{
    Users,
    Products,
    Orders,
    Payments,
    Settlement,
}

/// <summary>Whom a route lets in.</summary>
internal enum Who
{
    Anyone,
    User,
    Admin,
}

/// <summary>A route that exists, and who answers it.</summary>
internal sealed record Route(Service Service, Who Who, string Method, string Path)
{
    /// <summary>Whether a password is tried or chosen, which is limited more strictly.</summary>
    public bool TriesPassword { get; init; }

    /// <summary>Whether the answer goes on for as long as the client likes.</summary>
    public bool Streams { get; init; }
}

/// <summary>Every route that the gateway lets through. What is not on this page does not exist outside, whatever a service answers inside.</summary>
internal static class Routes
{
    public static readonly Route[] All =
    [
        new(Users, Anyone, "POST", "/users") { TriesPassword = true },
        new(Users, User, "GET", "/users/me"),
        new(Users, User, "PUT", "/users/me"),
        new(Users, User, "PUT", "/users/me/password") { TriesPassword = true },
        new(Users, Anyone, "POST", "/auth/login") { TriesPassword = true },
        new(Users, Anyone, "POST", "/auth/refresh"),
        new(Users, Anyone, "POST", "/auth/logout"),
        new(Users, Anyone, "GET", "/.well-known/jwks.json"),
        new(Users, Anyone, "GET", "/openapi/users.json"),

        new(Products, Anyone, "GET", "/products"),
        new(Products, Anyone, "GET", "/products/{id:long}"),
        new(Products, Admin, "POST", "/products"),
        new(Products, Admin, "PUT", "/products/{id:long}"),
        new(Products, Admin, "DELETE", "/products/{id:long}"),
        new(Products, Admin, "POST", "/products/{id:long}/stock"),
        new(Products, Anyone, "GET", "/openapi/products.json"),

        new(Orders, User, "POST", "/orders"),
        new(Orders, User, "GET", "/orders"),
        new(Orders, User, "GET", "/orders/{id:long}"),
        new(Orders, User, "GET", "/orders/{id:long}/history"),
        new(Orders, User, "GET", "/orders/{id:long}/events") { Streams = true },
        new(Orders, User, "POST", "/orders/{id:long}/cancel"),
        new(Orders, User, "GET", "/cart"),
        new(Orders, User, "DELETE", "/cart"),
        new(Orders, User, "PUT", "/cart/items/{productId:long}"),
        new(Orders, User, "DELETE", "/cart/items/{productId:long}"),
        new(Orders, User, "POST", "/cart/checkout"),
        new(Orders, Anyone, "GET", "/openapi/orders.json"),

        new(Payments, User, "GET", "/payments"),
        new(Payments, User, "GET", "/payments/{id:long}"),
        new(Payments, Admin, "POST", "/payments/{id:long}/cancel"),
        new(Payments, Anyone, "POST", "/webhooks/psp"),
        new(Payments, Anyone, "GET", "/openapi/payments.json"),

        new(Settlement, Admin, "GET", "/settlements/daily"),
        new(Settlement, Admin, "GET", "/settlements/daily/{date}"),
        new(Settlement, Admin, "POST", "/settlements/daily/{date}/close"),
        new(Settlement, Admin, "GET", "/settlements/monthly"),
        new(Settlement, Admin, "GET", "/settlements/monthly/{month}"),
        new(Settlement, Admin, "POST", "/settlements/monthly/{month}/close"),
        new(Settlement, Admin, "GET", "/settlements/reconciliation/{date}"),
        new(Settlement, Anyone, "GET", "/openapi/settlement.json"),
    ];
}
