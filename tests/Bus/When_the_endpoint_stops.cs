using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public class When_the_endpoint_stops
{
    [Test]
    public async Task Should_finish_what_it_handles_and_leave_the_rest_in_the_queue()
    {
        var gate = new Gate();
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Cook>();
                configuration.LimitMessageProcessingConcurrencyTo(1);
            },
            services => services.AddSingleton(gate));
        await using var events = await Tap.On<EventMealCooked>();
        for (var meal = 1; meal <= 3; meal++)
        {
            await Broker.Send(endpoint.Name, new CookMeal(meal), $"meal {meal}");
        }

        await gate.Cooking.Task;
        var stopping = endpoint.Stop();
        Assert.That(stopping.IsCompleted, Is.False);
        gate.Done.SetResult();
        await stopping;

        Assert.That(await endpoint.Count("\"MessageId\" = 'meal 1' and \"Dispatched\""), Is.EqualTo(1));
        Assert.That((await events.Next()).Body, Is.EqualTo("""{"Meal":1}"""));

        await endpoint.Start();
        Assert.That((await events.Next()).Body, Is.EqualTo("""{"Meal":2}"""));
        Assert.That((await events.Next()).Body, Is.EqualTo("""{"Meal":3}"""));
    }

    [Test]
    public async Task Should_put_back_what_it_must_give_up_as_if_it_had_not_failed()
    {
        var gate = new Gate();
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<PatientCook>();
                configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
            },
            services => services.AddSingleton(gate));
        await using var events = await Tap.On<EventMealCooked>();
        await Broker.Send(endpoint.Name, new StewMeal(7), "stew");
        await gate.Cooking.Task;
        await endpoint.Abort();
        gate.Done.SetResult();
        await endpoint.Start();

        Assert.That((await events.Next()).Body, Is.EqualTo("""{"Meal":7}"""));
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero, "no retry was left, and none was needed");
    }

    internal sealed class Gate
    {
        public TaskCompletionSource Cooking { get; } = new();

        public TaskCompletionSource Done { get; } = new();
    }

    internal sealed record CookMeal(int Meal);

    internal sealed record StewMeal(int Meal);

    internal sealed record EventMealCooked(int Meal);

    internal sealed class Cook(Gate gate) : IHandleMessages<CookMeal>
    {
        public async Task Handle(CookMeal message, IMessageHandlerContext context)
        {
            gate.Cooking.TrySetResult();
            await gate.Done.Task;
            await context.Publish(new EventMealCooked(message.Meal));
        }
    }

    internal sealed class PatientCook(Gate gate) : IHandleMessages<StewMeal>
    {
        public async Task Handle(StewMeal message, IMessageHandlerContext context)
        {
            gate.Cooking.TrySetResult();
            await gate.Done.Task.WaitAsync(context.CancellationToken);
            await context.Publish(new EventMealCooked(message.Meal));
        }
    }
}
