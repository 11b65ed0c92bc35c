// Before the first paint, for visitors who have chosen no theme: that of their system.
(() => {
  const root = document.documentElement;
  if (!root.dataset.bsTheme) {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const apply = () => root.dataset.bsTheme = dark.matches ? 'dark' : 'light';
    dark.addEventListener('change', apply);
    apply();
  }
})();
