"""Numbers, signs and abbreviations as the words that are said for them. num2words knows the numbers of 60 languages."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import regex
from num2words import CONVERTER_CLASSES, num2words

from rnnkit.errors import UserError

LONGEST = 15
"""digits of a number; of longer ones each digit is said"""
SIGNS = {"%": "percent", "&": "and", "+": "plus", "=": "equals", "@": "at", "°": "degrees"}
ABBREVIATIONS = {
    "mr.": "mister", "mrs.": "missus", "ms.": "miz", "dr.": "doctor", "st.": "saint", "prof.": "professor",
    "mt.": "mount", "jr.": "junior", "sr.": "senior", "vs.": "versus", "etc.": "et cetera", "e.g.": "for example",
    "i.e.": "that is",
}  # fmt: skip
"""of English, as `SIGNS` are; others go into a file of pronunciations"""
CURRENCIES = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
_run = regex.compile(
    r"(?P<money>[$€£¥])?(?P<number>\d[\d.,]*\d|\d)(?P<ordinal>st|nd|rd|th|\.(?=$))?|(?P<word>[\p{L}\p{M}'’]+)|(?P<sign>\S)"
)
_year = regex.compile(r"1[1-9]\d\d|20[1-9]\d")


def check_language(language: str) -> None:
    """Raises `UserError` of a language whose numbers nobody knows."""
    if language.replace("-", "_") not in CONVERTER_CLASSES and language[:2] not in CONVERTER_CLASSES:
        known = ", ".join(sorted(CONVERTER_CLASSES))
        raise UserError(f"--language takes one of {known}; got {language!r}")


def spelled(written: str, language: str) -> list[str]:
    """The words that are said for what stands between two spaces, in lower case.

    >>> spelled("$4.50", "en"), spelled("21st", "en"), spelled("Dr.", "en"), spelled("well-known", "en")
    (['four', 'dollars', 'fifty', 'cents'], ['twenty', 'first'], ['doctor'], ['well', 'known'])
    """
    plain = unicodedata.normalize("NFKC", written).replace("’", "'").lower()
    if language.startswith("en") and plain in ABBREVIATIONS:
        return ABBREVIATIONS[plain].split()
    return [word for found in _run.finditer(plain) for word in _said(found, language)]


def unsaid(written: str, language: str) -> list[str]:
    """What `spelled` leaves out that is neither punctuation nor invisible: signs without a word in a language, emoji.

    >>> unsaid("50%", "en"), unsaid("50%☕!", "de")
    ([], ['%', '☕'])
    """
    plain = unicodedata.normalize("NFKC", written)
    found = (one for one in _run.finditer(plain) if one["sign"] and not list(_said(one, language)))
    return [one["sign"] for one in found if unicodedata.category(one["sign"])[0] == "S" or one["sign"] in SIGNS]


def _said(found: regex.Match[str], language: str) -> Iterator[str]:
    number, sign = found["number"], found["sign"]
    if number:
        said = _number(number, found["money"], bool(found["ordinal"]), language)
        yield from regex.findall(r"[\p{L}\p{M}']+", said.lower())
    elif found["word"]:
        if word := found["word"].strip("'"):
            yield word
    elif sign in SIGNS and language.startswith("en"):
        yield SIGNS[sign]


def _number(digits: str, money: str | None, ordinal: bool, language: str) -> str:
    """A number in words: with thousands parted by commas and a decimal point, or, where a language has them so, the
    other way round."""
    value = _value(digits, language)
    if sum(map(str.isdigit, digits)) > LONGEST or value is None:
        return " ".join(num2words(int(digit), lang=language) for digit in digits if digit.isdigit())
    whole = value == int(value) and "." not in digits and "," not in digits
    kind = "ordinal" if ordinal and whole else "cardinal"
    if money:
        kind = "currency"
    elif whole and kind == "cardinal" and language.startswith("en") and _year.fullmatch(digits):
        kind = "year"
    more = {"currency": CURRENCIES[money]} if money else {}
    try:
        said: str = num2words(
            int(value) if value == int(value) and not money else value, lang=language, to=kind, **more
        )
    except (NotImplementedError, OverflowError, ValueError, TypeError):  # of a language that has no such numbers
        said = num2words(value, lang=language)
    return said


def _value(digits: str, language: str) -> float | None:
    """The number that digits with points and commas stand for, or None where they stand for none."""
    thousands, decimal = (",", ".") if language[:2] in ("en", "zh", "ja", "ko", "th", "he") else (".", ",")
    if regex.fullmatch(rf"\d{{1,3}}(?:[{thousands}]\d{{3}})+(?:[{decimal}]\d+)?", digits):
        digits = digits.replace(thousands, "")
    if regex.fullmatch(rf"\d+(?:[{decimal}]\d+)?", digits):
        return float(digits.replace(decimal, "."))
    return float(digits) if regex.fullmatch(r"\d+\.\d+", digits) else None
