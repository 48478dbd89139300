"""report.html, the picture of a release: one file that asks no network; funnel, signals, overlap, pairs, and rows to read.

* `drawn` `pairs`  which rows and pairs it shows; `page` puts it together from
  sections, `document` around them `page.html`, `page.css` and `page.js`
* `funnel` `signals` `overlaps` `winners` `pairs` `samples`  a section each: HTML, or nothing where there is nothing
* `charts`         Vega-Lite drawn to inline SVG by vl-convert; `controls` a switch and a legend
* `differences` `harmless`  two texts as one, and text of strangers made safe

Nothing in it depends on anything but the release's files, the texts and limits that are handed in, and a seed.
"""
