using ShopSaga.Hosting;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Payments.Charging;
using ShopSaga.Payments.Following;
using ShopSaga.Payments.Provider;
using ShopSaga.Payments.Refunding;
using ShopSaga.Payments.Statements;
using ShopSaga.Payments.Webhooks;

var builder = ServiceHost.CreateBuilder(args);
builder.AddPaymentProvider();
builder.AddReceiveWebhook();
builder.AddEndpoint("Payments", endpoint =>
{
    endpoint.AddSaga<PaymentPolicy>();
    endpoint.AddHandler<ChargeHandler>();
    endpoint.AddHandler<RefundHandler>();
    // Most of the time these messages wait for the provider, so more of them than elsewhere can be under way.
    endpoint.LimitMessageProcessingConcurrencyTo(builder.Configuration.GetValue("Messaging:Concurrency", 16));
    endpoint.Recoverability().AddUnrecoverableException<ProviderRefusedException>();
    endpoint.Recoverability().AddUnrecoverableException<ChargeUnknownException>();
});

var app = builder.Build();
app.UseServiceDefaults();
app.MapFollowPayments();
app.MapCancelPayment();
app.MapDailyStatement();
app.MapReceiveWebhook();
app.Run();
