// One WebSocket without a negotiation before it (1 is its number among the transports): an open page is whole at whichever instance a load
// balancer chooses.
Blazor.start({ circuit: { configureSignalR: builder => builder.withUrl('_blazor', { skipNegotiation: true, transport: 1 }) } });

// A page whose instance is gone begins anew at another; one that has given up does when its visitor or the network comes back.
document.addEventListener('components-reconnect-state-changed', ({ detail: { state } }) => {
  if (state === 'rejected') {
    location.reload();
  } else if (state === 'failed') {
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && location.reload());
    window.addEventListener('online', () => location.reload());
  }
}, true);
