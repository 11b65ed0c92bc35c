using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace ShopSaga.Bus;

/// <summary>Reads a message and runs its handlers and sagas, in a scope of services of its own.</summary>
internal sealed class HandlerInvoker(
    HandlerRegistry handlers, MessageTypes types, Func<Type, bool> isHandledAlone, IServiceScopeFactory scopes, TimeProvider time)
{
    private const int MaxShown = 300;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Whether a handler of the message must share its transaction with no other message.</summary>
    public bool IsHandledAlone(IncomingMessage message) =>
        message.Headers.TryGetValue(Headers.EnclosedMessageTypes, out var enclosed)
        && types.Find(enclosed) is { } type
        && handlers.StepsFor(type).Any(step => isHandledAlone(step.HandlerType));

    /// <summary>
    /// The message's content; null for a control message, and for one that cannot be read, which fails when it is invoked.
    /// </summary>
    public object? TryRead(IncomingMessage message)
    {
        try
        {
            return message.IsControl ? null : Read(message, TypeOf(message));
        }
        catch (MessageDeserializationException)
        {
            return null;
        }
    }

    /// <exception cref="MessageDeserializationException">The type or the body cannot be read.</exception>
    /// <exception cref="InvalidOperationException">The type has no handler.</exception>
    public async Task Invoke(IncomingMessage message, MessageHandlerContext context)
    {
        if (message.IsControl)
        {
            RefuseHiddenMessage(message);
            return;
        }

        var type = TypeOf(message);
        var isTimeout = message.Headers.ContainsKey(Headers.IsSagaTimeoutMessage);
        var steps = handlers.StepsFor(type);
        if (!steps.Any(step => step.ForTimeouts == isTimeout))
        {
            throw new InvalidOperationException($"No handler is registered for {type.FullName}.");
        }

        var body = Read(message, type);
        await using var scope = scopes.CreateAsyncScope();
        foreach (var step in steps)
        {
            if (step.ForTimeouts == isTimeout)
            {
                await Invoke(step, type, body, context, scope.ServiceProvider);
            }
        }
    }

    private async Task Invoke(HandlerStep step, Type messageType, object body, MessageHandlerContext context, IServiceProvider services)
    {
        var attempt = context.Attempt?.BeginHandler(step.HandlerType);
        var started = time.GetUtcNow();
        try
        {
            await step.Invoke(body, context, services);
            attempt?.Ended(null);
        }
        catch (Exception failure)
        {
            attempt?.Ended(failure);
            failure.Data["Message type"] = messageType.FullName;
            failure.Data["Handler type"] = step.HandlerType.FullName;
            failure.Data["Handler start time"] = WireTime.ToWire(started);
            failure.Data["Handler failure time"] = WireTime.ToWire(time.GetUtcNow());
            failure.Data["Handler canceled"] = context.CancellationToken.IsCancellationRequested;
            throw;
        }
    }

    private Type TypeOf(IncomingMessage message)
    {
        var enclosed = message.Headers.GetValueOrDefault(Headers.EnclosedMessageTypes)
            ?? throw new MessageDeserializationException(
                $"Message {message.MessageId} does not say its type ({Headers.EnclosedMessageTypes}).");
        return types.Find(enclosed)
            ?? throw new MessageDeserializationException(
                $"Message {message.MessageId} is of an unknown type: "
                    + $"{(enclosed.Length > MaxShown ? enclosed[..MaxShown] + "…" : enclosed)}.");
    }

    /// <summary>
    /// A control message has neither type nor body. One that names a type with handlers was meant for them, and must not vanish.
    /// </summary>
    private void RefuseHiddenMessage(IncomingMessage message)
    {
        if (message.Headers.TryGetValue(Headers.EnclosedMessageTypes, out var enclosed) && types.Find(enclosed) is { } type)
        {
            throw new MessageDeserializationException(
                $"Message {message.MessageId} is a {type.FullName}, but "
                    + $"{(message.Body.IsEmpty ? "has no body" : "is flagged as a control message")}.");
        }
    }

    private static object Read(IncomingMessage message, Type type) => message.Content ??= Deserialize(message, type);

    private static object Deserialize(IncomingMessage message, Type type)
    {
        try
        {
            // RFC 8259, section 8.1: a parser may ignore a byte-order mark; System.Text.Json does not.
            var body = message.Body.Span.StartsWith(ByteOrderMark) ? message.Body.Span[ByteOrderMark.Length..] : message.Body.Span;
            return JsonSerializer.Deserialize(body, type)
                ?? throw new MessageDeserializationException($"The body of message {message.MessageId} is null.");
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException)
        {
            throw new MessageDeserializationException(
                $"The body of message {message.MessageId} is not a {type.FullName}: {failure.Message}", failure);
        }
    }
}
