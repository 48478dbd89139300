"""report.html, the picture of a release: one file that asks no network; funnel, signals, overlap, pairs, and rows to read.

* `drawn`        which rows it shows; `page` puts it together from sections, `document` from `page.html`, `page.css` and `page.js`
* `funnel` `signals` `overlaps` `winners` `samples`  a section each: `section(...)` gives HTML, or nothing where there is nothing
* `bars` `differences` `harmless`  charts, two texts as one, and text of strangers made safe

Nothing in it depends on anything but the release's files, the texts and limits that are handed in, and a seed.
"""
