"""The licence beside a dump: what a README's header, a licence file or a description of the data says there, and no guess beyond.

`README.md`: `license` of its YAML header. `LICENSE`, `LICENCE`, `COPYING`, `DATA_LICENSE` and the like: an SPDX line, or the
first words of a well-known text. `dataset_info.json`, `dataset_infos.json` and Croissant's JSON: their field `license`.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import yaml

_TEXT = re.compile(r"(?i)(data[-_])?(un)?licen[cs]e([-_]data)?(\.(txt|md))?|copying(\.(txt|md))?")
_JSON = re.compile(r"(?i)dataset_infos?\.json|(.*[-_.])?croissant([-_.].*)?\.json")
_MOST = 1 << 20  # bytes of a file that are looked at; a text says what it is in its first
_HEAD = 600
_FIELDS = re.compile(r"^license(?:_name)?[ \t]*:.*(?:\n[ \t-].*)*", re.MULTILINE)  # the rest of a header may be long
_SPDX = re.compile(r"SPDX-License-Identifier:[ \t]*([\w.+() -]{1,80})")
_KINDS = r"((?:-noncommercial|-sharealike|-noderiv(?:ative)?s)*)"
_OPENS = {  # first words, folded -> id; what is in groups is filled in
    r"(?:the )?mit license\b": "mit",
    r"mit no attribution\b": "mit-0",
    r"apache license version 2\.0\b": "apache-2.0",
    r"(?:the )?(?:clear )?bsd ([23])-clause license\b": "bsd-{}-clause",
    r"isc license\b": "isc",
    r"gnu general public license version ([23])\b": "gpl-{}.0",
    r"gnu affero general public license version 3\b": "agpl-3.0",
    r"gnu lesser general public license version 3\b": "lgpl-3.0",
    r"gnu lesser general public license version 2\.1\b": "lgpl-2.1",
    r"mozilla public license,? version 2\.0\b": "mpl-2.0",
    r"(?:the unlicense|this is free and unencumbered software released into the public domain)\b": "unlicense",
    r"(?:creative commons legal code )?cc0 1\.0 universal\b": "cc0-1.0",
    rf"(?:creative commons )?attribution{_KINDS} ([1-4]\.[05])\b": "cc-by{}-{}",
    r"(?:community data license agreement|cdla) (?:- |– )?permissive (?:- |– )?,?version ([12]\.0)\b": "cdla-permissive-{}",
    r"(?:odc |open data commons )?open database license\b": "odbl",
    r"(?:odc |open data commons )attribution license\b": "odc-by",
}
_SHORT = {"noncommercial": "nc", "sharealike": "sa", "noderivatives": "nd", "noderivs": "nd"}
_ADDRESSES = (
    (re.compile(r"creativecommons\.org/licenses/([a-z-]+)/([1-4]\.[05])(?:/.*)?$"), "cc-{}-{}"),
    (re.compile(r"creativecommons\.org/publicdomain/zero/1\.0(?:/.*)?$"), "cc0-1.0"),
    (re.compile(r"(?:spdx\.org|choosealicense\.com|opensource\.org)/licenses?/([\w.+-]+?)(?:\.html|\.json)?/?$"), "{}"),
)


def beside(folder: Path) -> dict[str, str]:
    """What each file of a folder says the licence is, by the file's name, sorted; a file that says none is not there."""
    names = sorted(each.name for each in folder.iterdir() if each.is_file())
    return {name: said for name in names if (said := _of_file(folder / name))}


def said(fields: Mapping[str, Any]) -> str | None:
    """The licence of a card or a description: in lower case; of several all; `license_name` where that is `other`."""
    told = fields.get("license")
    if told == "other":
        told = fields.get("license_name") or told
    names = [each.strip().lower() for each in (told if isinstance(told, list) else [told]) if isinstance(each, str)]
    return " and ".join(dict.fromkeys(_plain(name) for name in names if name)) or None


def _of_file(path: Path) -> str | None:
    name = path.name
    if name.lower() == "readme.md":
        return _of_header(_begins(path))
    if _JSON.fullmatch(name):
        return _of_json(_begins(path))
    return _of_text(_begins(path)) if _TEXT.fullmatch(name) else None


def _begins(path: Path) -> str:
    try:
        with open(path, "rb") as handle:
            return handle.read(_MOST).decode("utf-8-sig", "replace")
    except OSError:
        return ""


def _of_header(text: str) -> str | None:
    found = re.match(r"---\r?\n(.*?)\r?\n---", text, re.DOTALL)
    try:
        fields = yaml.safe_load("\n".join(_FIELDS.findall(found[1]))) if found else None
    except (yaml.YAMLError, ValueError, RecursionError):  # a date that is none is a ValueError
        return None
    return said(fields) if isinstance(fields, dict) else None


def _of_json(text: str) -> str | None:
    """Its own licence, or that of all its configs."""
    try:
        fields = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(fields, dict):
        return None
    each = [fields] if "license" in fields else [held for held in fields.values() if isinstance(held, dict)]
    return " and ".join(dict.fromkeys(told for one in each if (told := said(one)))) or None


def _of_text(text: str) -> str | None:
    if spdx := _SPDX.search(text[:_HEAD]):
        return spdx[1].strip().lower()
    words = " ".join(re.sub(r"[#*=_\"]+", " ", text[:_HEAD]).lower().split())
    return next((id.format(*map(_short, found.groups())) for found, id in _matches(words)), None)


def _matches(words: str) -> Iterator[tuple[re.Match[str], str]]:
    return ((found, id) for opens, id in _OPENS.items() if (found := re.match(opens, words)))


def _short(kinds: str) -> str:
    """`-noncommercial-sharealike` as `-nc-sa`."""
    for name, short in _SHORT.items():
        kinds = kinds.replace(name, short)
    return kinds


def _plain(name: str) -> str:
    """An id as it is, and for the address of a licence its id."""
    if "://" not in name:
        return name
    return next((id.format(*found.groups()) for address, id in _ADDRESSES if (found := address.search(name))), name)
