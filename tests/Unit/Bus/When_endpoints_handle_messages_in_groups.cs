using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;
using ShopSaga.Tests.Unit.Support;

namespace ShopSaga.Tests.Unit.Bus;

/// <summary>
/// A message without a key takes part in a group without a lock: where another group changes the same rows, the two can deadlock.
/// So each type that an endpoint handles needs a key, unless its messages have a transaction of their own, or change nothing.
/// </summary>
public class When_endpoints_handle_messages_in_groups
{
    private static readonly Dictionary<string, Action<EndpointConfiguration, IConfiguration>> SetUp = new()
    {
        ["Users"] = ShopSaga.Users.MessageHandlers.AddHandlers,
        ["Products"] = ShopSaga.Products.MessageHandlers.AddHandlers,
        ["Orders"] = ShopSaga.Orders.MessageHandlers.AddHandlers,
        ["Payments"] = ShopSaga.Payments.MessageHandlers.AddHandlers,
        ["Settlement"] = ShopSaga.Settlement.MessageHandlers.AddHandlers,
    };

    /// <summary>Their handlers only read, and publish.</summary>
    private static readonly string[] ChangeNothing = ["AnnounceCatalogue"];

    private static IEnumerable<TestCaseData> Handled =>
        from endpoint in Choreography.Endpoints
        from handled in Choreography.AssemblyOf(endpoint).GetTypes()
            .Where(type => !type.IsAbstract && typeof(IHandleMessages).IsAssignableFrom(type))
            .SelectMany(handler => handler.GetInterfaces()
                .Where(contract => contract.IsGenericType && typeof(IHandleMessages).IsAssignableFrom(contract))
                .Select(contract => (Handler: handler, Message: contract.GetGenericArguments()[0])))
            .Concat(Timeouts(Choreography.AssemblyOf(endpoint)))
            .GroupBy(pair => pair.Message, pair => pair.Handler)
        select new TestCaseData(endpoint, handled.Key, handled.Distinct().ToArray())
            .SetName($"Should_give_each_type_a_key_or_a_transaction_of_its_own({endpoint} {handled.Key.Name})");

    [TestCaseSource(nameof(Handled))]
    public void Should_give_each_type_a_key_or_a_transaction_of_its_own(string endpoint, Type message, Type[] handlers)
    {
        if (!SetUp.TryGetValue(endpoint, out var setUp))
        {
            Assert.That(
                Repository.FilesIn($"endpoints/{endpoint}", ".cs").Select(Repository.Read),
                Has.None.Contains("HandleInGroups"),
                "It handles messages in groups: add it to the endpoints above.");
            return;
        }

        var settings = new EndpointConfiguration($"ShopSaga.{endpoint}");
        setUp(settings, new ConfigurationBuilder().Build());

        if (ChangeNothing.Contains(message.Name))
        {
            Assert.That(settings.LockKey!(Message(message, 1)), Is.Null);
        }
        else if (handlers.Any(settings.IsHandledAlone))
        {
            Assert.That(
                settings.LockKey!(Message(message, 1)),
                Is.Null,
                "It locks one row at a time, so it is in no circle; a key would open its transaction before the call to the provider.");
        }
        else
        {
            Assert.That(settings.LockKey!(Message(message, 1)), Is.Not.Null.And.Not.EqualTo(settings.LockKey!(Message(message, 2))));
        }
    }

    private static IEnumerable<(Type Handler, Type Message)> Timeouts(Assembly assembly) =>
        from handler in assembly.GetTypes()
        from contract in handler.GetInterfaces()
        where contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IHandleTimeouts<>)
        select (handler, contract.GetGenericArguments()[0]);

    /// <summary>A message all of whose ids and times are made of one number.</summary>
    private static object Message(Type type, long number)
    {
        var message = RuntimeHelpers.GetUninitializedObject(type);
        foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic))
        {
            object? value = field.FieldType == typeof(long) ? number
                : field.FieldType == typeof(DateTimeOffset) ? new DateTimeOffset(number, TimeSpan.Zero)
                : null;
            if (value is not null)
            {
                field.SetValue(message, value);
            }
        }

        return message;
    }
}
