namespace ShopSaga.Tests.Stack.Support;

/// <summary>Returns every failed message to the queue it failed in, as an operator does in the control room.</summary>
internal static class ErrorQueueReplay
{
    public static async Task ReturnAll()
    {
        var begun = await RunningSystem.Admin.Post("operations/failed-messages/return", new { });
        var done = await Eventually.Get(
            async () => await RunningSystem.Admin.Get($"operations/returns/{begun["id"]}") is var each && (string)each["status"]! == "DONE"
                ? each
                : null,
            () => "the messages are returned");
        Assert.That((int)done["returned"]!, Is.Positive);
        Assert.That(done["left"]!.AsArray(), Is.Empty);
    }
}
