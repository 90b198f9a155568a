"""Words in the texts of tokens."""

from __future__ import annotations


def is_letter(character: str) -> bool:
    """Whether a character belongs to a word."""
    return character.isalnum() or character in "'’-_" or (len(character) > 1 and character[0].isalnum())


def begun_word(text: str) -> str:
    """The part of a word that a text ends in, if it does.

    >>> begun_word("to be or n"), begun_word("to be ")
    ('n', '')
    """
    begun = ""
    for character in reversed(text):
        if not is_letter(character):
            break
        begun = character + begun
    return begun


def extend(word: str, piece: str, *, first: bool) -> tuple[str, bool]:
    """A word's beginning with a token's text added, and whether the word is over with it.

    `first` is whether the token is the first after the text: then a mark ends nothing but what the text
    itself had begun, and the next word begins.

    >>> extend("th", "e", first=False), extend("the", " c", first=False), extend("on", " ", first=True)
    (('the', False), ('the', True), ('', False))
    """
    for place, character in enumerate(piece):
        if is_letter(character):
            word += character
        elif word and not (first and place == 0):
            return word, True
        else:
            word = ""
    return word, False
