// The demo page's language and its buttons. The page works without it.
(function () {
  var root = document.documentElement, key = 'xiaohe:lang';
  var want = new URLSearchParams(location.search).get('lang');
  try { want = want || localStorage.getItem(key); } catch (e) { /* no storage */ }
  want = /^zh/i.test(want || navigator.language) ? 'zh-CN' : 'en';
  root.lang = want;
  try { localStorage.setItem(key, want); } catch (e) { /* no storage */ }
  window.Frontdesk = window.Frontdesk || function () { (window.Frontdesk.q = window.Frontdesk.q || []).push(arguments); };
  document.addEventListener('click', function (e) {
    if (e.target.closest('[data-chat]')) window.Frontdesk('open');
  });
})();
