"""COCO's format of boxes: one JSON file of pictures, categories and annotations, read as rows and written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnkit.checkpoint import json_text, write_text
from rnnkit.data.files import find_files, opened, title_of
from rnnkit.data.tables.rows import Damage, Row
from rnnkit.data.tables.table import Source, read_rows
from rnnkit.errors import UserError

COLUMNS = ("x", "y", "width", "height", "label")
"""of a box in a table, beside its picture's `image`"""
ENDING = ".json"


def is_coco(source: Source) -> bool:
    """Whether a source is a COCO file, by the end of its name."""
    return isinstance(source, str) and source.lower().endswith(ENDING)


def box_rows(sources: Sequence[Source], renamed: Mapping[str, str]) -> Iterator[Row | Damage]:
    """The rows of tables and of COCO files, one a box; a picture without any has a row with its `image` alone."""
    for source in sources:
        yield from coco_rows(source) if is_coco(source) else read_rows([source], ("image", *COLUMNS), renamed)


def picture_rows(sources: Sequence[Source], renamed: Mapping[str, str]) -> Iterator[Row | Damage]:
    """The rows of tables, whatever they have beside an `image`; of COCO files one a picture."""
    for source in sources:
        if not is_coco(source):
            yield from read_rows([source], ("image",), renamed)
            continue
        for title, facts in coco_files(source):
            for number, picture in enumerate(listed(facts, "images", title), 1):
                yield _row({"image": picture.get("file_name"), "image_id": picture.get("id")}, title, "image", number)


def coco_rows(name: str) -> Iterator[Row | Damage]:
    """The boxes of COCO files by name, as rows. Annotations of crowds, which are no box of one thing, are left out.
    Raises `UserError` of what is no such file."""
    for title, facts in coco_files(name):
        pictures, labels = (_by_id(facts, *named, title) for named in (("images", "file_name"), ("categories", "name")))
        seen = set()
        for number, box in enumerate(listed(facts, "annotations", title), 1):
            seen.add(box.get("image_id"))
            if not box.get("iscrowd"):
                yield _box_row(box, pictures, labels, title, number)
        for number, (key, picture) in enumerate(pictures.items(), 1):
            if key not in seen:
                yield _row({"image": picture}, title, "image", number)


def coco_files(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The title and the facts of each COCO file that a name stands for."""
    for file in find_files(name, "a COCO file"):
        title = title_of(file)
        with opened(file, "a COCO file") as stream:
            try:
                facts = json.loads(stream.read())
            except (ValueError, RecursionError) as error:
                raise UserError(f"expected a COCO file, but {title} is no JSON ({error}); write it again") from None
        if not isinstance(facts, dict):
            raise UserError(f"expected a COCO file, an object with images and annotations, got a list in {title}")
        yield title, facts


def listed(facts: Mapping[str, Any], name: str, title: str) -> list[Mapping[str, Any]]:
    """The objects of a list in a COCO file. Raises `UserError` where there is none."""
    found = facts.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise UserError(f"expected a COCO file, but {title} has no list {name!r} of objects; write it again")
    if not all(isinstance(one.get(key), str | int | float | None) for one in found for key in ("id", "image_id")):
        raise UserError(f"expected numbers as ids in {name!r} of {title}, got others; write it again")
    return found


def _by_id(facts: Mapping[str, Any], name: str, value: str, title: str) -> dict[Any, Any]:
    """A value of each object of a list, by its id. Raises `UserError` of an id that is there twice."""
    found: dict[Any, Any] = {}
    for one in listed(facts, name, title):
        if one.get("id") in found:
            raise UserError(
                f"expected each id once in {name!r} of {title}, got {one.get('id')!r} again; write it again"
            )
        found[one.get("id")] = one.get(value)
    return found


def _box_row(
    box: Mapping[str, Any], pictures: Mapping[Any, Any], labels: Mapping[Any, Any], title: str, number: int
) -> Row | Damage:
    place = _place(title, "annotation", number)
    key, kind, sides = box.get("image_id"), box.get("category_id"), box.get("bbox")
    if key not in pictures:
        return Damage(place, f"is of the image {key!r}, which is none of its images")
    if not isinstance(kind, str | int | float | None) or labels.get(kind) is None:
        return Damage(place, f"is of the category {kind!r}, which is none of its categories")
    if not isinstance(sides, list) or len(sides) != 4:
        return Damage(place, "has no bbox of four numbers")
    values = dict(zip(COLUMNS, (*sides, labels[kind]), strict=True))
    return _row({"image": pictures[key], **values}, title, "annotation", number)


def _row(values: dict[str, Any], title: str, what: str, number: int) -> Row:
    return Row(values, _place(title, what, number))


def _place(title: str, what: str, number: int) -> str:
    """Where something stands; files beside its table are found by it, as by a row's."""
    return f"{title}, row {number} of its {what}s"


def write_coco(path: Path, answers: Iterable[Mapping[str, Any]], names: Sequence[str]) -> None:
    """Writes answers (each an `image`, its `width` and `height`, and `boxes`) as a COCO file, whose annotations have a
    `score`, too."""
    pictures, annotations = [], []
    for number, answer in enumerate(answers, 1):
        sizes = {name: answer[name] for name in ("width", "height")}
        pictures.append({"id": number, "file_name": answer["image"], **sizes})
        annotations += [_annotation(box, number, names) for box in answer["boxes"]]
    for number, one in enumerate(annotations, 1):
        one["id"] = number
    categories = [{"id": number, "name": name} for number, name in enumerate(names, 1)]
    facts = {"images": pictures, "categories": categories, "annotations": annotations}
    write_text(path, json_text(facts, ascii_only=False) + "\n")


def _annotation(box: Mapping[str, Any], picture: int, names: Sequence[str]) -> dict[str, Any]:
    return {
        "id": 0,
        "image_id": picture,
        "category_id": list(names).index(box["label"]) + 1,
        "bbox": [box[name] for name in ("x", "y", "width", "height")],
        "area": box["width"] * box["height"],
        "iscrowd": 0,
        "score": box["confidence"] * box["probability"],
    }
