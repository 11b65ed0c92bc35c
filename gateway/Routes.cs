using static ShopSaga.Gateway.Access;
using static ShopSaga.Gateway.Service;

namespace ShopSaga.Gateway;

/// <summary>The services behind the gateway.</summary>
internal enum Service
{
    Users,
    Products,
    Orders,
    Payments,
    Settlement,
    Operations,
}

/// <summary>The callers that a route admits.</summary>
internal enum Access
{
    Anyone,
    User,
    Admin,
}

/// <summary>A public route, the service behind it and the callers it admits.</summary>
internal sealed record Route(Service Service, Access Access, string Method, string Path)
{
    /// <summary>Whether the request tries or sets a password; such routes have stricter rate limits.</summary>
    public bool TriesPassword { get; init; }

    /// <summary>Whether the response is a stream without an end.</summary>
    public bool Streams { get; init; }
}

/// <summary>Every public route. Routes of a service that are not on this page return 404 at the gateway.</summary>
internal static class Routes
{
    public static readonly Route[] All =
    [
        new(Users, Anyone, "POST", "/users") { TriesPassword = true },
        new(Users, User, "GET", "/users/me"),
        new(Users, User, "PUT", "/users/me"),
        new(Users, User, "DELETE", "/users/me") { TriesPassword = true },
        new(Users, User, "GET", "/users/me/export"),
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
        new(Orders, User, "GET", "/orders/export"),
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
        new(Settlement, Admin, "GET", "/settlements/monthly/{yearMonth}"),
        new(Settlement, Admin, "POST", "/settlements/monthly/{yearMonth}/close"),
        new(Settlement, Admin, "GET", "/settlements/reconciliation/{date}"),
        new(Settlement, Anyone, "GET", "/openapi/settlement.json"),

        new(Operations, Admin, "GET", "/operations/services"),
        new(Operations, Admin, "GET", "/operations/queues"),
        new(Operations, Admin, "GET", "/operations/outboxes"),
        new(Operations, Admin, "GET", "/operations/open-orders"),
        new(Operations, Admin, "GET", "/operations/failed-messages"),
        new(Operations, Admin, "GET", "/operations/failed-messages/groups"),
        new(Operations, Admin, "GET", "/operations/failed-messages/{id}"),
        new(Operations, Admin, "POST", "/operations/failed-messages/return"),
        new(Operations, Admin, "POST", "/operations/failed-messages/groups/{group}/return"),
        new(Operations, Admin, "POST", "/operations/failed-messages/{id}/return"),
        new(Operations, Admin, "GET", "/operations/returns"),
        new(Operations, Admin, "GET", "/operations/returns/{id:long}"),
        new(Operations, Anyone, "GET", "/openapi/operations.json"),
    ];
}
