"""Tables as CSV and LaTeX."""

import csv
import io
from dataclasses import replace

from orchestrator.analysis.report.blocks import TableBlock, TableCell
from orchestrator.analysis.report.files import as_csv, as_latex, as_markdown, escape

TABLE = TableBlock(
    "accuracy",
    "In % over 3 seeds.",
    ("dataset", "zero_shot", "zip"),
    (("pocket_dots", "44.8", TableCell("46.1 ± 2.5", best=True, mark="†")),),
)


def test_csv_holds_what_is_shown() -> None:
    rows = list(csv.reader(io.StringIO(as_csv(TABLE))))
    assert rows == [["dataset", "zero_shot", "zip"], ["pocket_dots", "44.8", "46.1 ± 2.5†"]]


def test_latex_is_a_table_with_the_best_in_bold() -> None:
    text = as_latex(TABLE)
    assert r"\begin{tabular}{lrr}" in text
    assert r"pocket\_dots & 44.8 & \textbf{46.1 $\pm$ 2.5$^\dagger$} \\" in text
    assert r"\caption{In \% over 3 seeds.}" in text
    assert text.count(r"\begin") == text.count(r"\end") == 2


CROSSED = TableBlock(
    "accuracy",
    "In %.",
    ("dataset", "a|b", "zip", "zero"),
    (("dots", TableCell("1.0", best=True), "2.0", "3.0"), ("letters", "4.0", "5.0", "6.0")),
    column_groups=("", "pixels", "words", "words"),
)


def test_a_turned_table_has_groups_of_rows() -> None:
    turned = CROSSED.turned("method")
    rows = list(csv.reader(io.StringIO(as_csv(turned))))
    assert rows == [
        ["method", "dots", "letters", "access"],
        ["a|b", "1.0", "4.0", "pixels"],
        ["zip", "2.0", "5.0", "words"],
        ["zero", "3.0", "6.0", "words"],
    ]
    assert [turned.opened_group(place) for place in range(3)] == ["pixels", "words", ""]


def test_markdown_says_the_same() -> None:
    lines = as_markdown(replace(CROSSED.turned("method"), title="all of it")).splitlines()
    assert lines == [
        "## all of it", "",
        "| method | dots | letters |", "| --- | --- | --- |",
        "| *pixels* |  |  |", r"| a\|b | **1.0** | 4.0 |",
        "| *words* |  |  |", "| zip | 2.0 | 5.0 |", "| zero | 3.0 | 6.0 |",
        "", "In %.",
    ]  # fmt: skip


def test_what_latex_would_read_is_escaped() -> None:
    assert escape(r"a_b & 5% {x} \y ~^") == (
        r"a\_b \& 5\% \{x\} \textbackslash{}y \textasciitilde{}\textasciicircum{}"
    )


def test_signs_that_latex_would_draw_as_others_stay_what_they_are() -> None:
    assert escape("> 5,994") == r"\textgreater{} 5,994"
    assert escape("<a|b>") == r"\textless{}a\textbar{}b\textgreater{}"
    assert escape("a-b--c---d") == "a-b-{}-c-{}-{}-d"


def test_a_row_that_begins_with_a_bracket_or_star_is_no_argument_of_the_row_before() -> None:
    assert escape("[red] 50 %") == r"{[}red] 50 \%"
    assert escape("*zip") == "{*}zip"


GROUPED = replace(
    TABLE,
    column_groups=("", "strings", "soft context"),
    rows=(*TABLE.rows, ("pocket_letters", "50.0", "51.0"), ("mean_of_2", "47.4", "48.5")),
    row_groups=("all", "all", "means & more"),
)


def test_in_csv_groups_of_rows_are_a_column() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(GROUPED))))
    assert [row["access"] for row in rows] == ["all", "all", "means & more"]
    assert rows[0]["zip"] == "46.1 ± 2.5†"


def test_in_latex_groups_stand_above_columns_and_rows() -> None:
    lines = [line.strip() for line in as_latex(GROUPED).splitlines()]
    top = lines.index(r"\toprule")
    assert lines[top + 1 : top + 3] == [
        r"& strings & soft context \\",
        r"dataset & zero\_shot & zip \\",
    ]
    assert [line for line in lines if "textit" in line] == [
        r"\textit{all} &  &  \\",
        r"\textit{means \& more} &  &  \\",
    ]
    shared = as_latex(replace(GROUPED, column_groups=("", "strings", "strings")))
    assert r" & \multicolumn{2}{c}{strings} \\" in shared
