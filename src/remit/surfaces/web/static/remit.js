// What htmx does not do: say when saving failed, and send what was typed last when the page is left.
(function () {
  "use strict";

  function say(name) {
    var line = document.getElementById("save-state");
    if (line && line.dataset[name]) {
      line.textContent = line.dataset[name];
    }
  }

  var unsent = null;

  document.addEventListener("input", function (event) {
    var form = event.target.closest("form[data-hx-post]");
    if (form) {
      unsent = form;
      say("typing");
    }
  });
  document.addEventListener("submit", function () {
    unsent = null;
  });
  document.addEventListener("htmx:after:request", function (event) {
    var response = event.detail.ctx && event.detail.ctx.response;
    if (response && response.status >= 200 && response.status < 300) {
      unsent = null;
      say("saved");
    } else {
      say("failed");
    }
  });
  document.addEventListener("htmx:error", function () {
    say("failed");
  });
  window.addEventListener("pagehide", function () {
    if (unsent) {
      navigator.sendBeacon(unsent.getAttribute("data-hx-post"), new FormData(unsent));
    }
  });

  var errors = document.getElementById("errors");
  if (errors) {
    errors.focus();
  }
})();
