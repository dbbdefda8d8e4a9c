// <desk-divider>: how wide the brief is beside the bench, by mouse, finger or keyboard; remembered.
const KEY = "kintsugi-brief";
const [LEAST, MOST, USUAL, STEP] = [14, 40, 20, 1]; // rem

class DeskDivider extends HTMLElement {
  connectedCallback() {
    this.tabIndex = 0;
    const told = { role: "separator", "aria-orientation": "vertical", "aria-controls": "brief", "aria-label": "Width of the brief", "aria-valuemin": LEAST, "aria-valuemax": MOST };
    for (const [name, value] of Object.entries(told)) this.setAttribute(name, value);
    this.#set(Number(localStorage.getItem(KEY)) || USUAL);
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("dblclick", () => this.#set(USUAL, true));
    this.addEventListener("pointerdown", (event) => this.setPointerCapture(event.pointerId));
    this.addEventListener("pointermove", (event) => {
      if (!this.hasPointerCapture(event.pointerId)) return;
      const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
      this.#set((event.clientX - this.parentElement.getBoundingClientRect().left) / rem, true);
    });
  }

  #key(event) {
    const to = { ArrowLeft: this.width - STEP, ArrowRight: this.width + STEP, Home: LEAST, End: MOST }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#set(to, true);
  }

  #set(width, keep = false) {
    this.width = Math.round(Math.min(Math.max(width, LEAST), MOST) * 4) / 4;
    this.parentElement.style.setProperty("--brief", `${this.width}rem`);
    this.setAttribute("aria-valuenow", this.width);
    if (keep) localStorage.setItem(KEY, this.width);
  }
}

customElements.define("desk-divider", DeskDivider);
