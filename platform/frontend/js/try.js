// Trying the draft: what is chosen is put into the form, and Enter in the path sends. Without this,
// the same buttons ask the server to do it.
const field = (name) => document.getElementById(`try-${name}`);

function fill({ method, path, headers, body }) {
  Object.entries({ method, path, headers, body }).forEach(([name, value]) => (field(name).value = value));
  field("path").focus();
}

document.addEventListener("click", (event) => {
  const choice = event.target.closest?.("button[data-fill]");
  if (!choice) return;
  event.preventDefault();
  fill(choice.dataset);
});

document.addEventListener("change", (event) => {
  if (event.target.id !== "try-route") return;
  const chosen = event.target.selectedOptions[0];
  if ("fill" in chosen.dataset) fill(chosen.dataset);
});

// The form's first button hands the draft in: that is not what Enter means in the path.
document.addEventListener("keydown", (event) => {
  const inPath = event.target.id === "try-path" && event.key === "Enter";
  const inText = event.target.closest?.(".ask textarea") && event.key === "Enter" && (event.ctrlKey || event.metaKey);
  if (!inPath && !inText) return;
  event.preventDefault();
  document.querySelector(".try-it .send").click();
});

// What was wrong with the last request is over; a server that does not answer is said here.
const trouble = (event) => (event.target.closest?.(".try-it") ? field("trouble") : null);
document.addEventListener("htmx:before:request", (event) => {
  const place = trouble(event);
  if (place) place.textContent = "";
});
document.addEventListener("htmx:error", (event) => {
  const place = trouble(event);
  if (place) place.textContent = "Not sent: the server did not answer.";
});
