"""What lies beside a dump may say its licence: exactly what is written there, and nothing that is only likely."""

import json

import pytest

from sources.licence import beside, said

TEXTS = {
    "MIT License\n\nCopyright (c) 2016 Somebody\n\nPermission is hereby granted": "mit",
    "# The MIT License (MIT)\n": "mit",
    " " * 33 + "Apache License\n" + " " * 27 + "Version 2.0, January 2004\n": "apache-2.0",
    "  GNU GENERAL PUBLIC LICENSE\n   Version 3, 29 June 2007\n": "gpl-3.0",
    "  GNU AFFERO GENERAL PUBLIC LICENSE\n   Version 3, 19 November 2007\n": "agpl-3.0",
    "  GNU LESSER GENERAL PUBLIC LICENSE\n   Version 2.1, February 1999\n": "lgpl-2.1",
    "BSD 3-Clause License\n\nCopyright": "bsd-3-clause",
    "Creative Commons Legal Code\n\nCC0 1.0 Universal\n": "cc0-1.0",
    "Attribution 4.0 International\n\n=====": "cc-by-4.0",
    "Attribution-NonCommercial-ShareAlike 4.0 International": "cc-by-nc-sa-4.0",
    "Creative Commons Attribution-NonCommercial-NoDerivs 3.0 Unported": "cc-by-nc-nd-3.0",
    "Open Database License (ODbL)": "odbl",
    "# SPDX-License-Identifier: Apache-2.0 OR MIT\n": "apache-2.0 or mit",
    "Copyright 2023 Somebody. All rights reserved.": None,
    "You may use this for whatever the MIT License allows.": None,
    "Attribution is welcome": None,
    "": None,
}


@pytest.mark.parametrize(("text", "id"), TEXTS.items())
@pytest.mark.parametrize("name", ["LICENSE", "Licence.md", "COPYING", "DATA_LICENSE"])
def test_a_well_known_text_is_told_by_its_first_words(tmp_path, name, text, id):
    (tmp_path / name).write_text(text)
    assert beside(tmp_path) == ({name: id} if id else {})


@pytest.mark.parametrize(
    ("header", "id"),
    [
        ("license: CC-BY-4.0", "cc-by-4.0"),
        ("pretty_name: x\nlicense:\n- mit\n- cc-by-4.0\ntags: [a]", "mit and cc-by-4.0"),
        ("license: other\nlicense_name: our-own", "our-own"),
        ("license: other", "other"),
        ("license: [mit", None),
        ("license: 2020-13-45", None),
        ("license: 3", None),
        ("license: " + "[" * 5000, None),
        ("dataset_info:\n  license: mit", None),
        ("licenses: mit", None),
    ],
)
def test_the_header_of_a_readme(tmp_path, header, id):
    (tmp_path / "README.md").write_text(f"---\n{header}\n---\n# Talks under the MIT License\n")
    assert beside(tmp_path) == ({"README.md": id} if id else {})


def test_descriptions_of_the_data_and_nothing_else(tmp_path):
    held = {
        "croissant.json": {"license": "https://creativecommons.org/licenses/by-sa/4.0/"},
        "talks.croissant.json": {"license": ["https://spdx.org/licenses/MIT.html"]},
        "dataset_info.json": {"license": "apache-2.0", "features": {}},
        "dataset_infos.json": {"one": {"license": "mit"}, "two": {"license": ""}},
        "package.json": {"license": "isc"},
    }
    for name, fields in held.items():
        (tmp_path / name).write_text(json.dumps(fields))
    (tmp_path / "README.txt").write_text("license: mit")
    (tmp_path / "LICENSE").mkdir()
    (tmp_path / "croissant-2.json").write_text("{")
    assert beside(tmp_path) == {
        "croissant.json": "cc-by-sa-4.0",
        "dataset_info.json": "apache-2.0",
        "dataset_infos.json": "mit",
        "talks.croissant.json": "mit",
    }


def test_an_address_that_is_no_known_one_stays_as_it_is():
    assert said({"license": "https://example.org/Terms"}) == "https://example.org/terms"
    assert said({"license": None}) is said({}) is None
