// Light, dark, or what the system says: the choice is kept for the next page.
const root = document.documentElement;
root.dataset.js = "on";
const kept = localStorage.getItem("theme");
if (kept === "light" || kept === "dark") root.dataset.theme = kept;

document.addEventListener("click", (event) => {
  if (!event.target.closest(".theme")) return;
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.theme = (root.dataset.theme ?? system) === "dark" ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
});
