import htmx from "htmx.org/dist/htmx.esm.js";
import "htmx.org/dist/ext/hx-sse.js";
import { localTimes } from "./times.js";
import "./try.js";

htmx.onLoad((root) => {
  localTimes(root);
  if (root.matches?.("kata-editor") || root.querySelector?.("kata-editor")) import("./editor.js");
});

// A form that destroys something asks first; without JavaScript its button says enough.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

// A link into a folded file opens it.
function unfold() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let box = target?.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  if (target?.closest("details")) target.scrollIntoView({ block: "nearest" });
}
addEventListener("hashchange", unfold);
unfold();

// The server did not answer at all: say so where the button is, because nothing was swapped.
document.addEventListener("htmx:error", (event) => {
  const form = event.target.closest?.("form.editor");
  if (form) form.querySelector(".trouble").textContent = "Not handed in: the server did not answer. Your draft is still here.";
});
document.addEventListener("htmx:before:request", (event) => {
  const trouble = event.target.closest?.("form.editor")?.querySelector(".trouble");
  if (trouble) trouble.textContent = "";
});

// An answer to a hand-in is shown under the bench: bring it into sight from its first line.
document.addEventListener("htmx:after:swap", () => {
  const answer = document.querySelector(".desk + #submission");
  const state = answer?.firstElementChild?.className;
  if (!state || state === answer.dataset.shown) return;
  answer.dataset.shown = state;
  answer.scrollIntoView();
});
