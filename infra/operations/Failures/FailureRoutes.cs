using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Operations.Failures;

/// <summary>The routes of failed messages: groups, one, and their return.</summary>
internal static class FailureRoutes
{
    public static void MapFailures(this IEndpointRouteBuilder routes)
    {
        var messages = routes.MapGroup("failed-messages");
        messages.MapGet("groups", ReadGroups)
            .Describe("readFailedGroups", "Failed messages by exception and type, the largest group first");
        messages.MapGet("", List).Describe("listFailedMessages", "The latest failed messages, the latest first")
            .TakesText("group", "Only those of this group.")
            .TakesNumber("limit", "The largest number of items, 1 to 100; 20 by default.");
        messages.MapGet("{id}", Read).Describe("readFailedMessage", "A failed message with its exception, headers and body")
            .Refuses(404);
        Returns(messages.MapPost("return", ReturnAll), "returnAll", "Returns all failed messages to the queues they failed in");
        Returns(messages.MapPost("groups/{group}/return", ReturnGroup), "returnGroup", "Returns the failed messages of a group");
        Returns(messages.MapPost("{id}/return", ReturnOne), "returnOne", "Returns one failed message");
        routes.MapGet("returns", (MessageReturns returns) => TypedResults.Ok(new ItemsOf<MessageReturn>(returns.All, NextCursor: null)))
            .Describe("listReturns", "The returns since this process started, the latest first");
        routes.MapGet("returns/{id:long}", ReadReturn).Describe("readReturn", "How far a return is").Refuses(404);
    }

    private static void Returns(RouteHandlerBuilder route, string operationId, string summary) =>
        route.Describe(operationId, summary).Refuses(409, "conflict");

    private static async Task<Ok<FailedGroups>> ReadGroups(
        FailedMessages messages, FailureSettings settings, CancellationToken cancellationToken)
    {
        var content = await messages.Read(cancellationToken);
        var groups = content.Messages.GroupBy(message => message.Group)
            .Select(group => FailedGroup.Of([.. group]))
            .OrderByDescending(group => group.Messages).ThenBy(group => group.Id, StringComparer.Ordinal)
            .ToList();
        return TypedResults.Ok(new FailedGroups(
            groups,
            content.Depth,
            content.Messages.Count < content.Depth,
            content.ReadAt,
            content.IsConsumed,
            settings.ServicePulse));
    }

    private static async Task<Ok<ItemsOf<FailedMessageView>>> List(
        HttpRequest request, FailedMessages messages, CancellationToken cancellationToken)
    {
        const int defaultLimit = 20;
        const int maxLimit = 100;
        var (group, limit) = (request.Text("group"), (int)(request.Number("limit", 1, maxLimit) ?? defaultLimit));
        var content = await messages.Read(cancellationToken);
        return TypedResults.Ok(new ItemsOf<FailedMessageView>(
            [.. content.Messages.Where(message => group is null || message.Group == group).Take(limit)], NextCursor: null));
    }

    private static async Task<Results<Ok<FailedMessageDetails>, ProblemHttpResult>> Read(
        string id, FailedMessages messages, CancellationToken cancellationToken) =>
        await messages.Find(id, cancellationToken) is { } found
            ? TypedResults.Ok(found)
            : Problems.NotFound("No failed message has this id. It may have been returned.");

    private static Task<Results<Accepted<MessageReturn>, ProblemHttpResult>> ReturnAll(
        Caller caller, FailedMessages messages, MessageReturns returns, CancellationToken cancellationToken) =>
        Begin(new Selection(), caller, messages, returns, cancellationToken);

    private static Task<Results<Accepted<MessageReturn>, ProblemHttpResult>> ReturnGroup(
        string group, Caller caller, FailedMessages messages, MessageReturns returns, CancellationToken cancellationToken) =>
        Begin(new Selection(Group: group), caller, messages, returns, cancellationToken);

    private static Task<Results<Accepted<MessageReturn>, ProblemHttpResult>> ReturnOne(
        string id, Caller caller, FailedMessages messages, MessageReturns returns, CancellationToken cancellationToken) =>
        Begin(new Selection(Message: id), caller, messages, returns, cancellationToken);

    private static async Task<Results<Accepted<MessageReturn>, ProblemHttpResult>> Begin(
        Selection selection, Caller caller, FailedMessages messages, MessageReturns returns, CancellationToken cancellationToken)
    {
        if ((selection.Message ?? selection.Group) is { } id && !IsId(id))
        {
            return Problems.NotFound();
        }

        if (await messages.AreConsumed(cancellationToken))
        {
            return Problems.Conflict(
                "conflict", "ServiceControl has the messages", "ServiceControl takes failed messages: retry them in ServicePulse.");
        }

        return returns.Begin(selection, caller.UserId) is { } begun
            ? TypedResults.Accepted($"/operations/returns/{begun.Id}", begun)
            : Problems.Conflict("conflict", "Too many returns", "Too many returns wait. Ask again when some have ended.");
    }

    private static Results<Ok<MessageReturn>, ProblemHttpResult> ReadReturn(long id, MessageReturns returns) =>
        returns.All.FirstOrDefault(each => each.Id == id) is { } found ? TypedResults.Ok(found) : Problems.NotFound();

    /// <summary>Ids are 32 hexadecimal digits; anything else would only be written to the log.</summary>
    private static bool IsId(string text) => text.Length == 32 && text.All(char.IsAsciiHexDigitLower);
}
