// Says while somebody types where the text stops being Python: it marks the line, and tells its number.
import { syntaxTree } from "@codemirror/language";
import { Decoration, ViewPlugin } from "@codemirror/view";

const PATIENCE_MS = 700; // whoever is in the middle of a line is not interrupted
const broken = Decoration.line({ class: "cm-broken" });

// The first line that cannot be read; 0 where all of it can.
export function brokenLine(state) {
  let at = -1;
  syntaxTree(state).iterate({
    enter(node) {
      if (at < 0 && node.type.isError) at = node.from;
      return at < 0;
    },
  });
  return at < 0 ? 0 : state.doc.lineAt(at).number;
}

export function syntaxWatch(tell) {
  return ViewPlugin.fromClass(
    class {
      decorations = Decoration.none;

      constructor(view) {
        this.later(view);
      }

      update(update) {
        if (update.docChanged) this.decorations = Decoration.none;
        if (update.docChanged || syntaxTree(update.startState) !== syntaxTree(update.state)) this.later(update.view);
      }

      later(view) {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => {
          const line = brokenLine(view.state);
          this.decorations = line ? Decoration.set([broken.range(view.state.doc.line(line).from)]) : Decoration.none;
          view.dispatch({});
          tell(line);
        }, PATIENCE_MS);
      }

      destroy() {
        clearTimeout(this.timer);
      }
    },
    { decorations: (plugin) => plugin.decorations },
  );
}
