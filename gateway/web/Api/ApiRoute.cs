using System.Text.Json.Nodes;

namespace ShopSaga.Web.Api;

/// <summary>A route of the public API, as the OpenAPI document of its service describes it.</summary>
/// <param name="Service">The service, as a word for people: <c>Orders</c>.</param>
/// <param name="Method">GET, POST, PUT or DELETE.</param>
/// <param name="Path">With placeholders: <c>/orders/{id}</c>.</param>
internal record ApiRoute(string Service, string Method, string Path);

/// <summary>A route with the types of its request and response; <see cref="Nothing"/> stands for no body.</summary>
internal sealed record ApiRoute<TRequest, TResponse>(string Service, string Method, string Path) : ApiRoute(Service, Method, Path);

/// <summary>Every route that this client uses. A test compares them with the OpenAPI documents.</summary>
internal static class ApiRoutes
{
    public static readonly ApiRoute<Registration, Account> Register = new("Users", "POST", "/users");
    public static readonly ApiRoute<Credentials, TokenPair> LogIn = new("Users", "POST", "/auth/login");
    public static readonly ApiRoute<RefreshToken, TokenPair> Refresh = new("Users", "POST", "/auth/refresh");
    public static readonly ApiRoute<RefreshToken, Nothing> LogOut = new("Users", "POST", "/auth/logout");
    public static readonly ApiRoute<Nothing, Account> ReadProfile = new("Users", "GET", "/users/me");
    public static readonly ApiRoute<NewName, Account> Rename = new("Users", "PUT", "/users/me");
    public static readonly ApiRoute<PasswordChange, Nothing> ChangePassword = new("Users", "PUT", "/users/me/password");
    public static readonly ApiRoute<AccountClosure, Nothing> CloseAccount = new("Users", "DELETE", "/users/me");
    public static readonly ApiRoute<Nothing, JsonObject> ExportAccount = new("Users", "GET", "/users/me/export");

    public static readonly ApiRoute<Nothing, ItemsOf<Product>> BrowseProducts = new("Products", "GET", "/products");
    public static readonly ApiRoute<Nothing, Product> ReadProduct = new("Products", "GET", "/products/{id}");
    public static readonly ApiRoute<NewProduct, Product> ListProduct = new("Products", "POST", "/products");
    public static readonly ApiRoute<ChangedProduct, Product> ChangeProduct = new("Products", "PUT", "/products/{id}");
    public static readonly ApiRoute<StockChange, Product> ChangeStock = new("Products", "POST", "/products/{id}/stock");
    public static readonly ApiRoute<Nothing, Nothing> WithdrawProduct = new("Products", "DELETE", "/products/{id}");

    public static readonly ApiRoute<Nothing, Cart> ReadCart = new("Orders", "GET", "/cart");
    public static readonly ApiRoute<CartItem, Cart> PutItem = new("Orders", "PUT", "/cart/items/{productId}");
    public static readonly ApiRoute<Nothing, Cart> RemoveItem = new("Orders", "DELETE", "/cart/items/{productId}");
    public static readonly ApiRoute<Checkout, Order> CheckOut = new("Orders", "POST", "/cart/checkout");
    public static readonly ApiRoute<NewOrder, Order> PlaceOrder = new("Orders", "POST", "/orders");
    public static readonly ApiRoute<Nothing, ItemsOf<Order>> ListOrders = new("Orders", "GET", "/orders");
    public static readonly ApiRoute<Nothing, JsonObject> ExportOrders = new("Orders", "GET", "/orders/export");
    public static readonly ApiRoute<Nothing, Order> ReadOrder = new("Orders", "GET", "/orders/{id}");
    public static readonly ApiRoute<Nothing, ItemsOf<OrderEvent>> ReadHistory = new("Orders", "GET", "/orders/{id}/history");
    public static readonly ApiRoute<Nothing, Order> CancelOrder = new("Orders", "POST", "/orders/{id}/cancel");

    /// <summary>Answers with a stream of events, each with an order as JSON.</summary>
    public static readonly ApiRoute TrackOrder = new("Orders", "GET", "/orders/{id}/events");

    public static readonly ApiRoute<Nothing, ItemsOf<Payment>> ListPayments = new("Payments", "GET", "/payments");
    public static readonly ApiRoute<Nothing, Payment> ReadPayment = new("Payments", "GET", "/payments/{id}");
    public static readonly ApiRoute<Nothing, Payment> CancelPayment = new("Payments", "POST", "/payments/{id}/cancel");

    public static readonly ApiRoute<Nothing, ItemsOf<Day>> ListDays = new("Settlement", "GET", "/settlements/daily");
    public static readonly ApiRoute<Nothing, ItemsOf<Month>> ListMonths = new("Settlement", "GET", "/settlements/monthly");
    public static readonly ApiRoute<Nothing, Day> CloseDay = new("Settlement", "POST", "/settlements/daily/{date}/close");
    public static readonly ApiRoute<Nothing, Reconciliation> Reconcile = new("Settlement", "GET", "/settlements/reconciliation/{date}");

    public static readonly ApiRoute<Nothing, ItemsOf<ServiceHealth>> ReadServices = new("Operations", "GET", "/operations/services");
    public static readonly ApiRoute<Nothing, ItemsOf<QueueState>> ReadQueues = new("Operations", "GET", "/operations/queues");
    public static readonly ApiRoute<Nothing, ItemsOf<OutboxState>> ReadOutboxes = new("Operations", "GET", "/operations/outboxes");
    public static readonly ApiRoute<Nothing, ItemsOf<OpenOrders>> ReadOpenOrders = new("Operations", "GET", "/operations/open-orders");
    public static readonly ApiRoute<Nothing, FailedGroups> ReadFailedGroups =
        new("Operations", "GET", "/operations/failed-messages/groups");
    public static readonly ApiRoute<Nothing, ItemsOf<FailedMessage>> ListFailedMessages =
        new("Operations", "GET", "/operations/failed-messages");
    public static readonly ApiRoute<Nothing, FailedMessageDetails> ReadFailedMessage =
        new("Operations", "GET", "/operations/failed-messages/{id}");
    public static readonly ApiRoute<Nothing, MessageReturn> ReturnAll = new("Operations", "POST", "/operations/failed-messages/return");
    public static readonly ApiRoute<Nothing, MessageReturn> ReturnGroup =
        new("Operations", "POST", "/operations/failed-messages/groups/{group}/return");
    public static readonly ApiRoute<Nothing, MessageReturn> ReturnOne =
        new("Operations", "POST", "/operations/failed-messages/{id}/return");
    public static readonly ApiRoute<Nothing, MessageReturn> ReadReturn = new("Operations", "GET", "/operations/returns/{id}");
}
