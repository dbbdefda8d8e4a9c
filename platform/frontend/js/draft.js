import { clockTime } from "./times.js";

const PAUSE = 800; // ms without a key before the draft is sent
const LONGEST_WAIT = 15_000;

const same = (a, b) => Object.keys({ ...a, ...b }).every((path) => a[path] === b[path]);

// Keeps the draft on the server. Every save names the revision that it is based on; when another
// window was faster (409), nothing is overwritten until the learner has chosen. When this browser is
// signed out (401), or signed in as someone else (404), what was typed is kept in this browser under
// the kata's name until it can be saved: the account that signs in may have another attempt.
export class Draft {
  #timer;
  #wait = 1000;
  #saving = false;
  #changed = false;
  #conflict = false;
  #sent = null;
  #left = false; // what this browser keeps of the kata goes with the next save

  constructor({ url, kata, revision, status, read, load }) {
    Object.assign(this, { url, revision, status, read, load });
    this.kept = `draft of ${kata}`;
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
    if (!this.status.querySelector("a")) this.#say("saving");
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
    if (revision !== this.revision || same(files, this.read())) return this.#restoreKept();
    this.#take(files);
  }

  // What was typed and could not be saved. It is another draft than this one: the learner chooses.
  #restoreKept() {
    const files = JSON.parse(localStorage.getItem(this.kept));
    if (!files) return;
    if (same(files, this.read())) return localStorage.removeItem(this.kept);
    const forget = () => {
      localStorage.removeItem(this.kept);
      this.#say("");
    };
    this.#say(
      "typed here and not saved:",
      this.#choice("load it", () => this.#take(files)),
      this.#choice("forget it", forget),
    );
  }

  #take(files) {
    this.load(files);
    this.#sent = files;
    this.#left = this.#changed = true; // once it is saved, nothing else is kept of it
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
    if (response.status === 401 || response.status === 404) return this.#notOurs(response.status, files);
    if (!response.ok) throw new Error(`status ${response.status}`);
    this.#kept((await response.json()).revision, files);
  }

  #kept(revision, files) {
    this.revision = revision;
    this.#sent = files;
    this.#wait = 1000;
    if (this.#left) localStorage.removeItem(this.kept);
    this.#left = false;
    this.#say(`saved ${clockTime(new Date())}`);
  }

  // It is tried again by itself, and at once when this window is looked at again.
  #notOurs(status, files) {
    localStorage.setItem(this.kept, JSON.stringify(files));
    this.#left = this.#changed = true;
    this.#wait = LONGEST_WAIT;
    if (this.status.querySelector("a")) return; // it has been said
    if (status === 401) this.#say("not saved, you are signed out.", this.#link("Sign in again in another tab", "/sign-in", "_blank"), "and it is saved; until then it is kept in this browser.");
    else this.#say("not saved, this browser is someone else's now.", this.#link("Load this page again", location.pathname), "or sign in as before; until then what you typed is kept in this browser.");
  }

  #link(text, href, target = "") {
    return Object.assign(document.createElement("a"), { href, target, textContent: text });
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
