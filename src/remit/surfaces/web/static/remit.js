// What htmx does not do: say when saving failed, and send what was typed last before the page is left.
(function () {
  "use strict";

  function say(name) {
    var line = document.getElementById("save-state");
    if (line && line.dataset[name]) {
      line.textContent = line.dataset[name];
    }
  }

  var unsent = null;
  var leaving = false;

  function leave() { // what waits to be sent by itself comes too late from here on
    leaving = true;
    window.setTimeout(function () { leaving = false; }, 3000); // where the next page does not come
  }

  document.addEventListener("input", function (event) {
    var form = event.target.closest("form[data-hx-post]");
    if (form) {
      unsent = form;
      say("typing");
      // Fields that were edited here win over what another window saved, even when they are as before again.
      var touched = form.querySelector("input[name=touched]");
      if (touched && touched.value.split(" ").indexOf(event.target.name) < 0) {
        touched.value += " " + event.target.name;
      }
    }
  });
  document.addEventListener("submit", function (event) {
    var form = event.target;
    var last = unsent;
    if (form.method !== "post") {
      return;
    }
    if (form.dataset.sent) { // a double click is one click
      event.preventDefault();
      return;
    }
    unsent = null;
    leave();
    if (last && last !== form) { // such as Undo right after a word: first the word, then the undo
      event.preventDefault();
      var go = function () { form.requestSubmit(event.submitter); };
      fetch(last.getAttribute("data-hx-post"), { method: "POST", body: new FormData(last), headers: { "HX-Request": "true" } }).then(go, go);
      return;
    }
    form.dataset.sent = "yes";
    window.setTimeout(function () { delete form.dataset.sent; }, 3000);
  });
  document.addEventListener("htmx:before:request", function (event) {
    if (leaving) {
      event.preventDefault();
    }
  });
  document.addEventListener("htmx:after:request", function (event) {
    var response = event.detail.ctx && event.detail.ctx.response;
    if (leaving) {
      return;
    }
    if (response && response.status >= 200 && response.status < 300) {
      unsent = null;
      say("saved");
    } else {
      say("failed");
      if (response && response.status === 404) {
        say("gone");
      }
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

  // A file that is dropped beside the field would open in place of the page.
  ["dragover", "drop"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      var data = event.dataTransfer;
      if (!data || Array.prototype.indexOf.call(data.types, "Files") < 0) {
        return;
      }
      event.preventDefault();
      var field = document.querySelector("input[type=file]");
      if (name === "drop" && field && data.files.length) {
        field.files = data.files;
        field.focus();
      }
    });
  });

  var errors = document.getElementById("errors");
  if (errors) {
    errors.focus();
  }
})();
