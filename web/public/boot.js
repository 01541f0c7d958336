// Runs before the first paint, so that a remembered theme or language does not flash in late.
(function () {
  try {
    var theme = localStorage.getItem('aetherius.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
    var language = new URLSearchParams(location.search).get('lang') || localStorage.getItem('aetherius.language');
    if (language === 'zh') document.documentElement.lang = 'zh-CN';
  } catch (refused) {
    // Storage is switched off: the system's own theme and language are used.
  }
})();
