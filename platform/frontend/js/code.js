// How code looks and behaves in the editor. CodeMirror's own styles are outside every layer and would
// win over ours, so the look is set here, with the variables of tokens.css: one theme for both schemes.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags as t } from "@lezer/highlight";

// The colours of code.css.
const pigments = HighlightStyle.define([
  { tag: [t.keyword, t.operatorKeyword, t.bool, t.null], color: "var(--indigo)" },
  { tag: [t.string, t.special(t.string)], color: "var(--moss)" },
  { tag: t.number, color: "var(--umber)" },
  { tag: t.meta, color: "var(--plum)" },
  { tag: t.comment, color: "var(--soft)" },
]);

const theme = EditorView.theme({
  "&": { backgroundColor: "var(--sheet)", color: "var(--ink)", fontSize: "var(--text-code)" },
  "&.cm-focused": { outline: "none" }, // the panel draws it, above the gutter
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.65" },
  ".cm-content": { padding: "var(--space-3) 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 var(--space-4) 0 var(--space-1)" },
  ".cm-gutters": { backgroundColor: "var(--sheet)", color: "var(--soft)", border: "0" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "3.25rem", padding: "0 var(--space-3) 0 0" },
  ".cm-activeLine": { backgroundColor: "color-mix(in oklab, var(--sunk) 45%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "& > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { background: "var(--marked)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { background: "var(--marked)" },
  "&.cm-focused .cm-matchingBracket, .cm-matchingBracket": { backgroundColor: "var(--sunk)", color: "inherit" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--removed)", color: "inherit" },
  ".cm-selectionMatch": { backgroundColor: "var(--sunk)" },
  ".cm-searchMatch": { backgroundColor: "var(--marked)", outline: "1px solid var(--edge)" },
  ".cm-panels": { backgroundColor: "var(--sunk)", color: "var(--ink)", borderColor: "var(--rule)" },
  ".cm-panel.cm-search": { padding: "var(--space-2) var(--space-4)", font: "400 var(--text-code) / 1.5 var(--mono)" },
  ".cm-panel.cm-search :is(input, button, label)": { minHeight: "1.75rem", fontSize: "var(--text-code)" },
  ".cm-panel.cm-search input[type=checkbox]": { minHeight: "0" },
  ".cm-textfield": { backgroundColor: "var(--sheet)", border: "1px solid var(--edge)", borderRadius: "var(--corner)", color: "var(--ink)" },
  ".cm-button": { background: "none", border: "1px solid var(--edge)", borderRadius: "var(--corner)", color: "var(--ink)" },
  ".cm-panel.cm-search [name=close]": { color: "var(--ink)" },
});

export function stateFor({ path, text, readOnly, onChange, onSubmit }) {
  return EditorState.create({
    doc: text,
    extensions: [
      lineNumbers(),
      history(),
      drawSelection(),
      highlightActiveLine(),
      highlightSelectionMatches(),
      bracketMatching(),
      indentOnInput(),
      indentUnit.of("    "),
      search({ top: true }),
      EditorView.lineWrapping,
      path.endsWith(".py") ? python() : [],
      theme,
      syntaxHighlighting(pigments),
      EditorState.readOnly.of(readOnly),
      EditorView.contentAttributes.of({ "aria-label": readOnly ? `${path}, to read only` : path, tabindex: "0" }),
      EditorView.cspNonce.of(document.querySelector("meta[name=csp-nonce]")?.nonce ?? ""),
      keymap.of([{ key: "Mod-Enter", run: onSubmit }, indentWithTab, ...searchKeymap, ...historyKeymap, ...defaultKeymap]),
      EditorView.updateListener.of((update) => update.docChanged && onChange(update.state.doc.toString())),
    ],
  });
}
