"use strict";
(() => {
  // Marks without a new page; where this script does not run, the form does the same.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form.mark")) return;
    event.preventDefault();
    const list = event.submitter?.value ?? "";
    const body = new URLSearchParams(new FormData(form, event.submitter));
    try {
      const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
      if (answer.type !== "opaqueredirect" && !answer.ok) throw new Error(`not saved: ${await answer.text()}`);
      for (const each of document.querySelectorAll("form.mark")) {
        if (each.dataset.content !== form.dataset.content) continue;
        delete each.dataset.wrong;
        each.elements.note.value = list && form.elements.note.value;
        for (const button of each.querySelectorAll("button")) {
          const on = button.dataset.list === list;
          button.value = button.hidden ? list : on ? "" : button.dataset.list;
          if (!button.hidden) button.setAttribute("aria-pressed", String(on));
        }
      }
    } catch (fault) {
      form.dataset.wrong = fault.message.slice(0, 300);
    }
  });
  // Words that were looked for are shown where they stand, and the first of each turn is brought into view.
  const words = new URLSearchParams(location.search).get("find")?.split(/\s+/).filter(Boolean);
  if (!words?.length || !("highlights" in CSS)) return;
  const wanted = new RegExp(words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s+"), "giu");
  const found = new Highlight();
  for (const text of document.querySelectorAll(".text")) {
    const walk = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    let first = true;
    while (walk.nextNode()) {
      for (const match of walk.currentNode.data.matchAll(wanted)) {
        const range = new Range();
        range.setStart(walk.currentNode, match.index);
        range.setEnd(walk.currentNode, match.index + match[0].length);
        found.add(range);
        if (first) text.scrollTop = Math.max(0, range.getBoundingClientRect().top - text.getBoundingClientRect().top - 60);
        first = false;
      }
    }
  }
  CSS.highlights.set("found", found);
})();
