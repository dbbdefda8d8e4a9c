import { clockTime } from "./times.js";

const PAUSE = 800; // ms without a key before the draft is sent
const LONGEST_WAIT = 15_000;

const same = (a, b) => Object.keys({ ...a, ...b }).every((path) => a[path] === b[path]);

// Keeps the draft on the server. Every save names the revision that it is based on; when another
// window was faster (409), nothing is overwritten until the learner has chosen.
export class Draft {
  #timer;
  #wait = 1000;
  #saving = false;
  #changed = false;
  #conflict = false;
  #sent = null;

  constructor({ url, revision, status, read, load }) {
    Object.assign(this, { url, revision, status, read, load });
  }

  changed() {
    this.#changed = true;
    if (!this.#conflict) this.#later(PAUSE);
  }

  // What a submission carries is also the server's newest draft.
  submitted() {
    this.#sent = this.read();
  }

  async save() {
    if (this.#saving || this.#conflict || !this.#changed) return;
    clearTimeout(this.#timer);
    this.#saving = true;
    this.#changed = false;
    const files = this.read();
    this.#say("saving");
    try {
      await this.#answered(await this.#put(files), files);
    } catch {
      this.#retry();
    }
    this.#saving = false;
    if (this.#changed && !this.#conflict) this.#later(this.#wait > 1000 ? this.#wait : PAUSE);
  }

  // The page is going away: the browser sends it without us. The next page may have been asked for
  // before this arrives, so what was sent is also left where that page finds it.
  flush() {
    clearTimeout(this.#timer);
    if (!this.#changed || this.#conflict) return;
    const files = this.read();
    sessionStorage.setItem(this.url, JSON.stringify({ files, revision: this.revision }));
    this.#put(files, { keepalive: true }).catch(() => {});
  }

  // What the last page of this tab left, if the server did not know of it when it made this page.
  restore() {
    const { files, revision } = JSON.parse(sessionStorage.getItem(this.url)) ?? {};
    sessionStorage.removeItem(this.url);
    if (revision !== this.revision || same(files, this.read())) return;
    this.load(files);
    this.#sent = files;
    this.#changed = true;
    this.save();
  }

  #later(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), ms);
  }

  #put(files, options = {}) {
    const body = JSON.stringify({ files, revision: this.revision });
    return fetch(this.url, { method: "PUT", headers: { "Content-Type": "application/json" }, body, ...options });
  }

  async #answered(response, files) {
    if (response.status === 409) return this.#contested(await response.json(), files);
    if (response.status === 413 || response.status === 422) {
      const { detail } = await response.json();
      return this.#say(`not saved: ${typeof detail === "string" ? detail : "the server refused it"}`);
    }
    if (!response.ok) throw new Error(`status ${response.status}`);
    this.#kept((await response.json()).revision, files);
  }

  #kept(revision, files) {
    this.revision = revision;
    this.#sent = files;
    this.#wait = 1000;
    this.#say(`saved ${clockTime(new Date())}`);
  }

  #retry() {
    this.#changed = true;
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
    this.#say("not saved, retrying");
  }

  #contested(theirs, mine) {
    if (same(theirs.files, mine)) return this.#kept(theirs.revision, mine);
    if (this.#sent && same(theirs.files, this.#sent)) {
      this.revision = theirs.revision; // it was this window: an answer got lost, or a submission came first
      this.#changed = true;
      return;
    }
    this.#conflict = true;
    this.#say(
      "changed in another window",
      this.#choice("load that", () => {
        this.load(theirs.files);
        this.#changed = false;
        this.#kept(theirs.revision, theirs.files);
      }),
      this.#choice("keep mine", () => {
        this.revision = theirs.revision;
        this.#changed = true;
        this.#later(0);
      }),
    );
  }

  #choice(text, act) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: text });
    button.addEventListener("click", () => {
      this.#conflict = false;
      act();
    });
    return button;
  }

  // Typing is not interrupted to say that all is well.
  #say(...parts) {
    this.status.ariaLive = /^saving|^saved/.test(parts[0]) ? "off" : "polite";
    this.status.replaceChildren(...parts.flatMap((part) => [part, " "]));
  }
}
