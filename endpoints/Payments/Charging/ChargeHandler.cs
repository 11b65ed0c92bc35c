using Npgsql;
using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Database;
using ShopSaga.Payments.Lifecycle;
using ShopSaga.Payments.Provider;
using ShopSaga.Payments.Refunding;

namespace ShopSaga.Payments.Charging;

/// <summary>
/// Charges a payment and resolves a charge whose result is unknown. The provider is called before the first statement of the message's
/// transaction, so no transaction is open during the call (docs/decisions/004-the-provider-is-called-outside-a-transaction.md).
/// </summary>
internal sealed class ChargeHandler(PaymentProvider provider, NpgsqlDataSource database, TimeProvider time, ILogger<ChargeHandler> logger) :
    IHandleMessages<ChargePayment>,
    IHandleMessages<ResolvePayment>,
    IHandleMessages<ChargeReported>
{
    /// <summary>The pause after each time that the provider was unavailable.</summary>
    private static readonly TimeSpan[] RetryAfter = [.. new[] { 0, 0, 1, 2, 4, 8, 10 }.Select(seconds => TimeSpan.FromSeconds(seconds))];

    /// <summary>
    /// The pause after each missing answer, five minutes in all. Never longer than ten seconds, so that orders become final soon after the
    /// provider answers again.
    /// </summary>
    private static readonly TimeSpan[] ResolveAfter =
        [.. new[] { 1, 2, 4, 8 }.Concat(Enumerable.Repeat(10, 30)).Select(seconds => TimeSpan.FromSeconds(seconds))];

    /// <summary>
    /// How many times a charge that the provider does not know is sent again with the same key. Then the provider is told to void the key,
    /// which makes its answer definite. An attempt that did not reach the provider does not count: a short outage declines no order.
    /// </summary>
    private const int MaxResent = 2;

    public async Task Handle(ChargePayment message, IMessageHandlerContext context)
    {
        if (await Payment.TryCountChargeSent(database, message.PaymentId, context.CancellationToken) is not { } payment)
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
            await HandleUnavailable(message, unavailable, context);
            return;
        }

        await Record(charge, new ResolvePayment(payment.Id, Ask: 1), context);
    }

    public async Task Handle(ResolvePayment message, IMessageHandlerContext context)
    {
        var payment = await Payment.Read(database, message.PaymentId, context.CancellationToken);
        if (!payment.IsOpen)
        {
            return;
        }

        ProviderCharge? charge;
        var resent = message.Resent;
        try
        {
            if (payment.OrderCancelled || resent >= MaxResent || message.Ask >= ResolveAfter.Length)
            {
                charge = await provider.Void(payment.ChargeKey, context.CancellationToken);
            }
            else if ((charge = await provider.Find(payment.ChargeKey, context.CancellationToken)) is null)
            {
                resent++;
                charge = await provider.Charge(payment, context.CancellationToken);
            }
        }
        catch (ProviderUnavailableException unavailable)
        {
            charge = message.Ask < ResolveAfter.Length ? null : throw new ChargeUnknownException(payment, message.Ask, unavailable);
        }

        await Record(charge, new ResolvePayment(payment.Id, message.Ask + 1, resent), context);
    }

    public async Task Handle(ChargeReported message, IMessageHandlerContext context)
    {
        var payment = await Payment.Read(database, message.PaymentId, context.CancellationToken);
        if (Contradicts(message.Charge, payment))
        {
            await ResolveContradiction(message.Charge, payment, context);
            return;
        }

        await Record(message.Charge, new ResolvePayment(payment.Id, Ask: 1), context);
    }

    /// <summary>Whether the charge overturns what the provider has said before.</summary>
    private static bool Contradicts(ProviderCharge charge, Payment payment) => charge.IsCaptured
        ? payment.Status is PaymentStatus.FAILED
        : payment.Status is PaymentStatus.COMPLETED or PaymentStatus.REFUNDING;

    private async Task ResolveContradiction(ProviderCharge reported, Payment payment, IMessageHandlerContext context)
    {
        var charge = await provider.Find(payment.ChargeKey, context.CancellationToken)
            ?? throw new InvalidOperationException(
                $"The provider reports charge {reported.Id} of order {payment.OrderId} as {reported.Status}, "
                    + "but does not know it when asked.");
        if (!Contradicts(charge, payment))
        {
            logger.LogWarning(
                LogEvents.ProviderContradictsItself,
                "The provider reports charge {ChargeId} of order {OrderId} as {Reported}, but has it as {Status} when asked",
                charge.Id,
                payment.OrderId,
                reported.Status,
                charge.Status);
            return;
        }

        payment = (await Payment.Lock(context.Sql(), payment.Id))!;
        var trigger = charge.IsCaptured ? PaymentTrigger.ChargeSucceeded : PaymentTrigger.ChargeReversed;
        if (Transitions.Next(payment.Status, trigger) is not { } next)
        {
            return;
        }

        if (charge.IsCaptured)
        {
            await payment.RecordCaptured(next, charge, context, time, logger);
        }
        else
        {
            await payment.RecordReversed(next, context, time, logger);
        }
    }

    private async Task HandleUnavailable(ChargePayment message, ProviderUnavailableException unavailable, IMessageHandlerContext context)
    {
        var payment = unavailable.MayHaveBeenSent
            ? (await Payment.Lock(context.Sql(), message.PaymentId))!
            : await Payment.UncountChargeSent(context.Sql(), message.PaymentId);
        logger.LogInformation(
            LogEvents.ProviderUnavailable,
            "Payment {PaymentId} of order {OrderId}, retry {Retry}: {Reason}",
            payment.Id,
            payment.OrderId,
            message.Retry,
            unavailable.Message);

        var certainlyNotCharged = payment.ChargesSent == 0;
        if (!payment.IsOpen || (payment.OrderCancelled && !certainlyNotCharged))
        {
            // The result is known, or the cancellation has sent a ResolvePayment that will find it out.
            return;
        }

        if (payment.OrderCancelled)
        {
            await FailIfOpen(payment, PaymentFailureReason.OrderCancelled, context);
        }
        else if (message.Retry < RetryAfter.Length)
        {
            await SendLater(new ChargePayment(payment.Id, message.Retry + 1), RetryAfter[message.Retry], context);
        }
        else if (certainlyNotCharged)
        {
            await FailIfOpen(payment, PaymentFailureReason.ProviderUnavailable, context);
        }
        else
        {
            await ResolveLater(payment, new ResolvePayment(payment.Id, Ask: 1), context);
        }
    }

    private async Task Record(ProviderCharge? charge, ResolvePayment ifUnknown, IMessageHandlerContext context)
    {
        var payment = (await Payment.Lock(context.Sql(), ifUnknown.PaymentId))!;
        if (charge is null)
        {
            await ResolveLater(payment, ifUnknown, context);
        }
        else if (Contradicts(charge, payment))
        {
            // Another message was faster. The next attempt of a report asks the provider; the next attempt of a command finds the result
            // known.
            throw new InvalidOperationException(
                $"Charge {charge.Id} of order {payment.OrderId} is {charge.Status}, "
                    + $"but payment {payment.Id} became {payment.Status} meanwhile.");
        }
        else if (!charge.IsCaptured)
        {
            var reasonWhenVoided = payment.OrderCancelled ? PaymentFailureReason.OrderCancelled : PaymentFailureReason.ProviderTimeout;
            await FailIfOpen(payment, charge.DeclineReason ?? reasonWhenVoided, context);
        }
        else if (Transitions.Next(payment.Status, PaymentTrigger.ChargeSucceeded) is { } completed)
        {
            await payment.RecordCaptured(completed, charge, context, time, logger);
        }
    }

    private Task FailIfOpen(Payment payment, string reason, IMessageHandlerContext context) =>
        Transitions.Next(payment.Status, PaymentTrigger.ChargeFailed) is { } failed
            ? payment.RecordFailed(failed, reason, context, time, logger)
            : Task.CompletedTask;

    private async Task ResolveLater(Payment payment, ResolvePayment resolve, IMessageHandlerContext context)
    {
        if (Transitions.Next(payment.Status, PaymentTrigger.ChargeUnanswered) is not { } unknown)
        {
            return;
        }

        await context.Sql().Execute(
            "UPDATE payments SET status = @status WHERE id = @Id", new { status = unknown.ToString(), payment.Id });
        var delay = ResolveAfter[resolve.Ask - 1];
        await SendLater(resolve, delay, context);
        logger.LogInformation(
            LogEvents.PaymentUnknown,
            "It is unknown whether payment {PaymentId} of order {OrderId} was charged; attempt {Attempt} to find out follows in {Delay}",
            payment.Id,
            payment.OrderId,
            resolve.Ask,
            delay);
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
