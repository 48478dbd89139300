"""A release in the browser: the report's page, live over every row. Behind `winnow browse`.

* `opened`   a release as tables of one DuckDB file, made when it is opened; `texts` finds and reads the texts of its rows
* `ordering` the order of rows, and what lies before or after one; `grams` which rows may hold a word
* `asking`   which rows fit an SQL expression, words of their text and choices; a page of them at a time
* `marks`    keep and block marks by content fingerprint, as files that a recipe names
* `views`    the pages as HTML, `beside` those of rows beside each other, `charts` the report's charts; `pieces` what they share
* `serving`  the server: who may ask, which page is whose address

What a person writes into a field is parsed and checked like a rule of a recipe; nothing of a request becomes a path.
"""
