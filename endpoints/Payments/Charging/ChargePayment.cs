using Npgsql;
using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;
using ShopSaga.Payments.Provider;

namespace ShopSaga.Payments.Charging;

/// <summary>Take the money.</summary>
/// <param name="PaymentId">The payment.</param>
/// <param name="Retry">How many times the provider was not there before.</param>
internal sealed record ChargePayment(long PaymentId, int Retry = 0);

/// <summary>Find out whether the money was taken.</summary>
/// <param name="PaymentId">The payment.</param>
/// <param name="Ask">How many times this makes that the provider is asked.</param>
internal sealed record ResolvePayment(long PaymentId, int Ask);

/// <summary>The provider says of its own accord what became of a charge.</summary>
internal sealed record ChargeReported(long PaymentId, ProviderCharge Charge);

/// <summary>
/// Charges a payment and finds out what became of the charge. The provider is called before the first statement of the message's
/// transaction, and the transaction begins with that statement: so none is open meanwhile.
/// </summary>
internal sealed class ChargeHandler(PaymentProvider provider, NpgsqlDataSource database, TimeProvider time, ILogger<ChargeHandler> logger) :
    IHandleMessages<ChargePayment>,
    IHandleMessages<ResolvePayment>,
    IHandleMessages<ChargeReported>
{
    /// <summary>How long after each time that the provider was not there the charge is tried again.</summary>
    private static readonly TimeSpan[] RetryAfter = [.. new[] { 0, 0, 1, 2, 4, 8, 10 }.Select(seconds => TimeSpan.FromSeconds(seconds))];

    /// <summary>
    /// How long after each missing answer the provider is asked, for five minutes in all. Never longer than ten seconds, so that once it
    /// answers again its orders are final soon.
    /// </summary>
    private static readonly TimeSpan[] AskAfter =
        [.. new[] { 1, 2, 4, 8 }.Concat(Enumerable.Repeat(10, 30)).Select(seconds => TimeSpan.FromSeconds(seconds))];

    /// <summary>
    /// Until then a charge that the provider does not know is sent again, with the same key; from this time on it is told to close the key, so
    /// that it must tell.
    /// </summary>
    private const int FirstAskThatCloses = 3;

    public async Task Handle(ChargePayment message, IMessageHandlerContext context)
    {
        if (await Payment.StartCharge(database, message.PaymentId, context.CancellationToken) is not { } payment)
        {
            return;
        }

        ProviderCharge? charge;
        try
        {
            charge = await provider.Charge(payment, context.CancellationToken);
        }
        catch (ProviderUnavailableException unavailable)
        {
            await ChargeLater(message, unavailable, context);
            return;
        }

        await Record(charge, payment.Id, ask: 0, context);
    }

    public async Task Handle(ResolvePayment message, IMessageHandlerContext context)
    {
        var payment = await Payment.Peek(database, message.PaymentId, context.CancellationToken);
        if (!payment.IsOpen)
        {
            return;
        }

        ProviderCharge? charge;
        try
        {
            charge = payment.OrderCancelled || message.Ask >= FirstAskThatCloses
                ? await provider.Void(payment.ChargeKey, context.CancellationToken)
                : await provider.Find(payment.ChargeKey, context.CancellationToken) ?? await provider.Charge(payment, context.CancellationToken);
        }
        catch (ProviderUnavailableException unavailable)
        {
            charge = message.Ask < AskAfter.Length ? null : throw new ChargeUnknownException(payment, message.Ask, unavailable);
        }

        await Record(charge, payment.Id, message.Ask, context);
    }

    public Task Handle(ChargeReported message, IMessageHandlerContext context) => Record(message.Charge, message.PaymentId, ask: 0, context);

    private async Task ChargeLater(ChargePayment message, ProviderUnavailableException unavailable, IMessageHandlerContext context)
    {
        var payment = unavailable.WasSent
            ? (await Payment.Lock(context.Sql(), message.PaymentId))!
            : await Payment.TakeBackCharge(context.Sql(), message.PaymentId);
        var isLast = message.Retry >= RetryAfter.Length;
        await (payment switch
        {
            { IsOpen: false } => Task.CompletedTask,
            { ChargesSent: 0, OrderCancelled: true } => payment.Fail(PaymentFailureReason.OrderCancelled, context, time, logger),
            // It is being resolved already.
            { OrderCancelled: true } => Task.CompletedTask,
            _ when !isLast => SendLater(new ChargePayment(payment.Id, message.Retry + 1), RetryAfter[message.Retry], context),
            { ChargesSent: 0 } => payment.Fail(PaymentFailureReason.ProviderUnavailable, context, time, logger),
            _ => AskLater(payment, ask: 0, context),
        });
        logger.LogInformation(
            LogEvents.ProviderUnavailable,
            "Payment {PaymentId} of order {OrderId}, retry {Retry}: {Reason}",
            payment.Id,
            payment.OrderId,
            message.Retry,
            unavailable.Message);
    }

    private async Task Record(ProviderCharge? charge, long paymentId, int ask, IMessageHandlerContext context)
    {
        var payment = (await Payment.Lock(context.Sql(), paymentId))!;
        if (!payment.IsOpen && !(charge is { ChargedAt: not null } && payment.Status == PaymentStatus.Failed))
        {
            return;
        }

        await (charge switch
        {
            { ChargedAt: not null } => payment.Complete(charge, context, time, logger),
            { } => payment.Fail(
                charge.DeclineReason
                    ?? (payment.OrderCancelled ? PaymentFailureReason.OrderCancelled : PaymentFailureReason.ProviderTimeout),
                context,
                time,
                logger),
            null => AskLater(payment, ask, context),
        });
    }

    private async Task AskLater(Payment payment, int ask, IMessageHandlerContext context)
    {
        await context.Sql().Execute(
            "UPDATE payments SET status = @status WHERE id = @Id",
            new { status = payment.Status.After(PaymentStep.NoAnswer), payment.Id });
        await SendLater(new ResolvePayment(payment.Id, ask + 1), AskAfter[ask], context);
        logger.LogInformation(
            LogEvents.PaymentUnknown,
            "Whether payment {PaymentId} of order {OrderId} was taken is not known; ask {Ask} is in {Delay}",
            payment.Id,
            payment.OrderId,
            ask + 1,
            AskAfter[ask]);
    }

    private static Task SendLater(object message, TimeSpan delay, IMessageHandlerContext context)
    {
        var options = new SendOptions();
        options.RouteToThisEndpoint();
        if (delay > TimeSpan.Zero)
        {
            options.DelayDeliveryWith(delay);
        }

        return context.Send(message, options);
    }
}
