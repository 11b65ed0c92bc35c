namespace ShopSaga.Hosting.Http;

/// <summary>The request is invalid; answered with a 400 that names the members or parameters.</summary>
public sealed class InvalidRequestException(IDictionary<string, string[]> errors) : Exception("The request is not valid")
{
    /// <summary>One member or parameter.</summary>
    public InvalidRequestException(string member, string message)
        : this(new Dictionary<string, string[]> { [member] = [message] })
    {
    }

    /// <summary>Messages by member or parameter.</summary>
    public IDictionary<string, string[]> Errors => errors;
}
