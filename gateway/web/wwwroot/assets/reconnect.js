// A page whose instance is gone begins anew at another; one that has given up does when its visitor or the network comes back.
document.addEventListener('components-reconnect-state-changed', ({ detail: { state } }) => {
  if (state === 'rejected') {
    location.reload();
  } else if (state === 'failed') {
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && location.reload());
    window.addEventListener('online', () => location.reload());
  }
}, true);
