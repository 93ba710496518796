/*
 * Shows a page of its own in a browser that is older than the client needs (build/floor.ts), in place of a broken one.
 * Runs before everything else and is written for the oldest of them: nothing here is newer than 2009.
 */
(function () {
  "use strict";
  var able = window.CSSLayerBlockRule && window.BroadcastChannel && window.Promise && Array.prototype.findLast;
  if (able) return;
  document.documentElement.setAttribute("data-too-old", "yes");

  function add(parent, name, text) {
    var element = document.createElement(name);
    if (text) element.appendChild(document.createTextNode(text));
    parent.appendChild(element);
    return element;
  }

  function say(page, lang, title, why, steps, ask) {
    var part = add(page, "section");
    part.setAttribute("lang", lang);
    add(part, "h1", title);
    add(part, "p", why);
    var list = add(part, "ul");
    for (var i = 0; i < steps.length; i += 1) add(list, "li", steps[i]);
    add(part, "p", ask);
  }

  function show() {
    var style = document.createElement("link");
    style.setAttribute("rel", "stylesheet");
    style.setAttribute("href", "/old-browser.css");
    document.getElementsByTagName("head")[0].appendChild(style);
    while (document.body.firstChild) document.body.removeChild(document.body.firstChild);
    var page = add(document.body, "main");
    say(
      page,
      "th",
      "เบราว์เซอร์นี้เก่าเกินไป",
      "G-Chat ทำงานบนเบราว์เซอร์นี้ไม่ได้ โปรดใช้รุ่นต่อไปนี้หรือใหม่กว่า",
      ["Chrome หรือ Edge 99", "Firefox 104", "Safari 15.4 (iPhone และ iPad: iOS 15.4)", "Windows 7 และ 8.1: Chrome 109 หรือ Firefox ESR 115"],
      "หากปรับรุ่นเองไม่ได้ โปรดแจ้งผู้ดูแลระบบของหน่วยงาน"
    );
    say(
      page,
      "en",
      "This browser is too old",
      "G-Chat cannot run in it. Please use one of these versions or a newer one:",
      ["Chrome or Edge 99", "Firefox 104", "Safari 15.4 (iPhone and iPad: iOS 15.4)", "Windows 7 and 8.1: Chrome 109 or Firefox ESR 115"],
      "If you cannot update it yourself, please ask your agency’s administrator."
    );
  }

  if (document.readyState === "loading" && document.addEventListener) document.addEventListener("DOMContentLoaded", show);
  else window.onload = show;
})();
