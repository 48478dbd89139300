"use strict";
(() => {
  const tip = document.body.appendChild(document.createElement("div"));
  tip.id = "tip";
  tip.hidden = true;
  document.addEventListener("pointerover", (event) => {
    const mark = event.target.closest(".chart [aria-roledescription][aria-label]");
    tip.hidden = !mark || !mark.closest(".role-mark");
    if (tip.hidden) return;
    tip.textContent = mark.getAttribute("aria-label");
    const place = mark.getBoundingClientRect(), wide = tip.offsetWidth, high = tip.offsetHeight;
    const left = Math.min(Math.max(event.clientX - wide / 2, 6), document.documentElement.clientWidth - wide - 6);
    const above = place.top - high - 6;
    tip.style.left = `${left}px`;
    tip.style.top = `${above > 0 ? above : place.bottom + 6}px`;
  });
  document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
})();
(() => {
  const seek = document.getElementById("seek");
  if (!seek) return;
  const STEP = 20;
  const [words, reason, source, told, more] = ["words", "reason", "source", "told", "more"].map((name) => document.getElementById(name));
  const rows = [...document.querySelectorAll("article[data-reason]")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  let most = STEP;
  const mark = (shown, wanted) => {
    if (!window.Highlight || !CSS.highlights) return;
    CSS.highlights.delete("found");
    if (!wanted.length) return;
    const found = new Highlight();
    for (const row of shown) {
      const walk = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) {
        const node = walk.currentNode, text = node.data.toLowerCase();
        if (text.length !== node.data.length) continue;
        for (const word of wanted) {
          for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
            const range = new Range();
            range.setStart(node, at);
            range.setEnd(node, at + word.length);
            found.add(range);
          }
        }
      }
    }
    CSS.highlights.set("found", found);
  };
  const show = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = rows.filter((row, at) => (!reason.value || row.dataset.reason === reason.value)
      && (!source.value || row.dataset.source === source.value) && wanted.every((word) => texts[at].includes(word)));
    const shown = fits.slice(0, most);
    for (const row of rows) row.hidden = true;
    for (const row of shown) row.hidden = false;
    more.hidden = fits.length <= most;
    more.textContent = `show ${Math.min(STEP, fits.length - most)} more`;
    told.textContent = `${fits.length} of ${rows.length} rows`;
    mark(shown, wanted);
  };
  const anew = () => { most = STEP; show(); };
  for (const field of [words, reason, source]) field.addEventListener("input", anew);
  more.addEventListener("click", () => { most += STEP; show(); });
  show();
})();
