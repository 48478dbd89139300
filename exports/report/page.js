"use strict";
(() => {
  const seek = document.getElementById("seek");
  if (!seek) return;
  const [words, reason, source] = ["words", "reason", "source"].map((name) => document.getElementById(name));
  const rows = [...document.querySelectorAll("article[data-reason]")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const told = document.getElementById("told");
  const show = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, at) => {
      const fits = (!reason.value || row.dataset.reason === reason.value) && (!source.value || row.dataset.source === source.value)
        && wanted.every((word) => texts[at].includes(word));
      row.hidden = !fits;
      count += fits;
    });
    told.textContent = `${count} of ${rows.length} rows`;
  };
  [words, reason, source].forEach((field) => field.addEventListener("input", show));
  show();
})();
