"""A CSV manifest is read as spreadsheets and pandas write it, and equals its plain twin."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from tests.benchmarks.datasets.own.read import images, notes, own, refusal
from tests.benchmarks.datasets.trees import write_image

PLAIN = (
    "image,class_name,split",
    "a.jpg,snow goose,train",
    "b.jpg,barn owl,train",
    "c.jpg,barn owl,val",
    "in/d.jpg,snow goose,test",
    "e.jpg,barn owl,test",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b", "c", "in/d", "e"):
        write_image(tmp_path / f"{name}.jpg")
    return tmp_path


def written(folder: Path, *lines: str, end: str = "\n", encoding: str = "utf-8") -> Path:
    path = folder / "birds.csv"
    path.write_bytes(end.join((*lines, "")).encode(encoding))
    return path


def twins(delimiter: str) -> tuple[str, ...]:
    return tuple(line.replace(",", delimiter) for line in PLAIN)


@pytest.mark.parametrize(
    "lines",
    [
        twins(";"),
        twins("\t"),
        twins("|"),
        twins(" , "),
        ("sep=;", *twins(";")),
        ("", *PLAIN, "", ",,", " "),
        tuple(line + ("," if number == 0 else ",,") for number, line in enumerate(PLAIN)),
        (" Image , Class Name,SPLIT", *PLAIN[1:]),
        tuple(f'"{line}"'.replace(",", '","') for line in PLAIN),
        tuple(line.replace("val", " Validation").replace("test", "TESTING") for line in PLAIN),
        tuple(line.replace("in/d", "in\\d") for line in PLAIN),
        (*PLAIN, PLAIN[1], PLAIN[3].replace("c.jpg", "./c.jpg")),
    ],
)
def test_other_ways_to_write_the_same_give_the_same(lines: tuple[str, ...], folder: Path) -> None:
    plain = own(written(folder, *PLAIN))
    found, revision = images(plain), plain.revision()
    other = own(written(folder, *lines))
    assert images(other) == found
    assert other.revision() == revision


@pytest.mark.parametrize("end", ["\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_line_ends_and_encodings_of_other_systems_are_read(
    end: str, encoding: str, folder: Path
) -> None:
    found = images(own(written(folder, *PLAIN)))
    assert images(own(written(folder, *PLAIN, end=end, encoding=encoding))) == found


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("filename,label,split", ["the column 'filename' is read as 'image'"]),
        ("file_path,class,subset", 3),
        ("image,category,partition", 2),
    ],
)
def test_columns_of_usual_names_are_read_and_said_so(
    header: str, told: list[str] | int, folder: Path
) -> None:
    found = images(own(written(folder, *PLAIN)))
    path = written(folder, header, *PLAIN[1:])
    assert images(own(path)) == found
    assert notes(path) == told if isinstance(told, list) else len(notes(path)) == told


def test_an_index_and_unknown_columns_are_left_out_and_said_so(folder: Path) -> None:
    found = images(own(written(folder, *PLAIN)))
    lines = [f"{n},{line},7" for n, line in enumerate(PLAIN[1:])]
    path = written(folder, f",{PLAIN[0]},width", *lines)
    assert images(own(path)) == found
    assert notes(path) == [
        "the column 'width' is not read",
        "a column without a name is not read",
    ]


def test_rows_that_say_the_same_again_are_counted(folder: Path) -> None:
    path = written(folder, *PLAIN, PLAIN[1], PLAIN[2])
    assert notes(path) == ["2 rows of the manifest say again what an earlier row says"]


def test_absolute_paths_below_the_folder_are_made_relative(folder: Path) -> None:
    found = images(own(written(folder, *PLAIN)))
    absolute = [f"{folder}/{line}" for line in PLAIN[1:]]
    assert images(own(written(folder, PLAIN[0], *absolute))) == found
    around = [f"in/../{line}" for line in PLAIN[1:]]
    assert images(own(written(folder, PLAIN[0], *around))) == found


def test_accents_are_found_however_the_file_system_writes_them(folder: Path) -> None:
    apart, composed = (unicodedata.normalize(form, "caf\u00e9") for form in ("NFD", "NFC"))
    write_image(folder / f"{apart}.jpg")
    rows = (f"{composed}.jpg,{composed},train", f"e.jpg,{apart},test")
    dataset = own(written(folder, PLAIN[0], *rows, *PLAIN[2:4]))
    assert dataset.class_names() == ("barn owl", composed)
    assert (f"{apart}.jpg", composed) in images(dataset)["train"]


def test_names_that_pandas_takes_for_nothing_are_classes(folder: Path) -> None:
    rows = ("a.jpg,NA,train", "b.jpg,None,train", "c.jpg,NA,test", "e.jpg,None,test")
    assert own(written(folder, PLAIN[0], *rows)).class_names() == ("NA", "None")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("https://x.org/a.jpg,owl,test", "row 2: the image 'https://x.org/a.jpg' is an address."),
        (
            "C:\\birds\\a.jpg,owl,test",
            "row 2: the image 'C:\\\\birds\\\\a.jpg' is a path of another",
        ),
        ("/data/a.jpg,owl,test", "row 2: the image '/data/a.jpg' leads out of "),
        ("a\x00.jpg,owl,test", "row 2: the image 'a\\x00.jpg' has a character that no path has"),
        (
            'a.jpg,"owl\n",test\nb.jpg,"ow\nl",test',
            "row 3: the class name 'ow\\nl' has a line break",
        ),
        ('a.jpg,"owl,test', "the row that begins in line 2 can't be read (unexpected end of data)"),
        (
            f"a.jpg,{'x' * 200_000},test",
            "the row that begins in line 2 can't be read (field larger",
        ),
        ("a.jpg,owl,trian", "row 2: 'split' must be train, val or test, got 'trian'. Did you mean"),
    ],
)
def test_what_can_be_no_row_is_told_by_its_place(row: str, told: str, folder: Path) -> None:
    assert told in refusal(written(folder, PLAIN[0], row, *PLAIN[2:]))


@pytest.mark.parametrize(
    "label", ["\u00b2", "\u2460", "\uff11", "-1", "1e3", "NaN", "True", "9" * 5000]
)
def test_what_only_looks_like_a_label_is_refused(label: str, folder: Path) -> None:
    rows = ("a.jpg,owl,0", f"b.jpg,tit,{label}")
    told = refusal(written(folder, "image,class_name,label", *rows))
    assert "row 3: 'label' must be a whole number from 0, got " in told


def test_one_image_of_two_classes_or_splits_is_refused_with_both(folder: Path) -> None:
    told = refusal(written(folder, *PLAIN, "./a.jpg,barn owl,test"))
    both = "as 'snow goose' (train) there and as 'barn owl' (test) here"
    assert f"row 7: the image './a.jpg' is in row 2 already, {both}" in told


def test_another_encoding_is_told_by_its_line(folder: Path) -> None:
    told = refusal(written(folder, *PLAIN, "a.jpg,caf\u00e9,test", encoding="latin-1"))
    assert "no readable CSV file in UTF-8: line 7 is not in UTF-8" in told


@pytest.mark.parametrize("name", ["set", "Data Set", "phase"])
def test_a_split_is_read_under_its_other_names(name: str, folder: Path) -> None:
    plain = images(own(written(folder, *PLAIN)))
    header = PLAIN[0].replace("split", name)
    assert images(own(written(folder, header, *PLAIN[1:]))) == plain


@pytest.mark.parametrize(
    ("lines", "encoding", "told"),
    [
        (
            PLAIN[1:],
            "utf-8",
            "got 'a.jpg', 'snow goose', 'train'. Is the line with the",
        ),
        (
            ("image,class_name", *PLAIN[1:]),
            "utf-8",
            "missing, or the name of a column?",
        ),
        (PLAIN, "utf-16-le", "it is in UTF-16 without a byte-order mark"),
        (
            ("image,label,class_name", "a.jpg,owl,owl"),
            "utf-8",
            "Names of classes belong into",
        ),
    ],
)
def test_what_a_header_lacks_is_told(
    lines: tuple[str, ...], encoding: str, told: str, folder: Path
) -> None:
    assert told in refusal(written(folder, *lines, encoding=encoding))


def test_classes_that_are_called_by_numbers_are_noted(folder: Path) -> None:
    lines = (line.replace("snow goose", "n01").replace("barn owl", "2") for line in PLAIN)
    (note,) = notes(written(folder, *lines))
    assert note == "its classes are called by numbers, and prompts say so too: 2, n01"
    for name in ("n01", "n02"):
        for number in range(3):
            write_image(folder / "birds" / name / f"{number}.png")
    assert notes(folder / "birds")[0].endswith("prompts say so too: n01, n02")
