// <kata-editor>: one CodeMirror for several files. The textareas stay the form's fields; without
// JavaScript they are all there is.
import { EditorView } from "@codemirror/view";
import { stateFor } from "./code.js";
import { Draft } from "./draft.js";
import "./divider.js";

class KataEditor extends HTMLElement {
  #states = new Map(); // path -> state: each file has its own history and selection
  #areas = new Map();
  #path;

  connectedCallback() {
    if (this.view) return;
    for (const area of this.querySelectorAll("textarea")) this.#areas.set(area.dataset.path, area);
    this.form = this.closest("form");
    this.draft = new Draft({
      url: this.dataset.draft,
      kata: this.dataset.kata,
      revision: Number(this.dataset.revision),
      status: this.querySelector(".draft"),
      read: () => this.#files(),
      load: (files) => this.#load(files),
    });
    this.#build();
    this.#listen();
    this.#show(this.#areas.keys().next().value);
    this.draft.restore();
    this.#jump(location.hash);
  }

  disconnectedCallback() {
    this.draft.flush();
    this.stop.abort();
    this.view.destroy();
  }

  // Opens a file at a line, if there is such a file.
  open(path, number) {
    if (!this.#areas.has(path)) return false;
    this.#show(path);
    const { doc } = this.view.state;
    const line = doc.line(Math.min(Math.max(number || 1, 1), doc.lines));
    this.view.dispatch({
      selection: { anchor: line.from, head: line.to },
      effects: EditorView.scrollIntoView(line.from, { y: "center" }),
    });
    this.scrollIntoView({ block: "nearest" });
    this.view.focus();
    return true;
  }

  #files() {
    return Object.fromEntries([...this.#areas].filter(([, area]) => area.name).map(([path, area]) => [path, area.value]));
  }

  #load(files) {
    for (const [path, text] of Object.entries(files)) {
      const area = this.#areas.get(path);
      if (!area?.name) continue;
      area.value = text;
      this.#states.set(path, this.#state(path, area));
    }
    this.view.setState(this.#states.get(this.#path));
  }

  #state(path, area) {
    return stateFor({
      path,
      text: area.value,
      readOnly: area.readOnly,
      onChange: (text) => {
        area.value = text;
        this.draft.changed();
      },
      onSubmit: () => {
        this.form.requestSubmit(this.form.querySelector(".next"));
        return true;
      },
    });
  }

  #build() {
    this.panel = Object.assign(document.createElement("div"), { id: "editor-panel", className: "panel" });
    this.panel.setAttribute("role", "tabpanel");
    this.tabs = this.querySelector(".file-names");
    this.tabs.setAttribute("role", "tablist");
    this.tabs.className = "";
    this.tabs.replaceChildren(...[...this.#areas].map(([path, area], i) => this.#tab(path, area, i)));
    for (const [path, area] of this.#areas) {
      area.closest("label").hidden = true;
      this.#states.set(path, this.#state(path, area));
    }
    this.append(this.panel);
    this.view = new EditorView({ parent: this.panel, state: this.#states.values().next().value });
  }

  #tab(path, area, i) {
    const tab = Object.assign(document.createElement("button"), { type: "button", id: `tab-${i}`, textContent: path });
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", this.panel.id);
    tab.dataset.path = path;
    if (area.readOnly) tab.append(Object.assign(document.createElement("span"), { className: "read-only", textContent: "read only" }));
    tab.addEventListener("click", () => this.#show(path));
    return tab;
  }

  #listen() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.tabs.addEventListener("keydown", (event) => this.#arrow(event), { signal });
    this.form.addEventListener("submit", () => this.draft.submitted(), { signal });
    // A trial saves the draft too; its buttons lie outside of the form.
    const tried = (event) => event.target.form === this.form && this.draft.submitted();
    document.addEventListener("htmx:before:request", tried, { signal });
    addEventListener("pagehide", () => this.draft.flush(), { signal });
    addEventListener("focus", () => this.draft.save(), { signal });
    addEventListener("hashchange", () => this.#jump(location.hash), { signal });
    // A review on this page points into the editor on this page: no need to load it again.
    const follow = (event) => {
      const link = event.target.closest?.("a[href]");
      if (link?.pathname !== `/katas/${this.dataset.kata}`) return;
      if (link.hash ? this.#jump(link.hash) : this.open(this.#path)) event.preventDefault();
    };
    document.addEventListener("click", follow, { signal });
  }

  #arrow(event) {
    const all = [...this.tabs.children];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const tab = all[(to + all.length) % all.length];
    tab.focus();
    tab.click();
  }

  // "#app/main.py:43"
  #jump(hash) {
    const [, path, line] = decodeURIComponent(hash).match(/^#(.+):(\d+)$/) ?? [];
    return path !== undefined && this.open(path, Number(line));
  }

  #show(path) {
    if (this.#path) this.#states.set(this.#path, this.view.state);
    this.#path = path;
    this.view.setState(this.#states.get(path));
    for (const tab of this.tabs.children) {
      const chosen = tab.dataset.path === path;
      tab.setAttribute("aria-selected", chosen);
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen) this.panel.setAttribute("aria-labelledby", tab.id);
    }
  }
}

customElements.define("kata-editor", KataEditor);
