using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ShopSaga.Hosting.Http;

/// <summary>
/// <c>{id:long}</c> in a route means digits only. The platform's constraint also accepts a sign and white space, which would give one
/// resource several addresses.
/// </summary>
internal sealed class IdConstraint : IRouteConstraint
{
    public bool Match(
        HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        long.TryParse(
            Convert.ToString(values[routeKey], CultureInfo.InvariantCulture), NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
