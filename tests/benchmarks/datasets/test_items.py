"""Items as columns are the same as items one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.datasets.interface import Item
from benchmarks.datasets.items import Items

LABELS = st.lists(st.integers(0, 3), max_size=12)


@given(LABELS)
def test_columns_are_the_items(labels: list[int]) -> None:
    plain = [Item(f"{place}.png", label) for place, label in enumerate(labels)]
    items = Items.of(plain)
    assert items == plain
    assert list(items) == plain
    assert [items[place] for place in range(len(items))] == plain
    assert items[1:3] == plain[1:3]
    assert items != [*plain, Item("more.png", 0)]
    assert Items.of(items) is items


@given(LABELS)
def test_labels_come_in_order_of_appearance_with_all_their_places(labels: list[int]) -> None:
    places: dict[int, list[int]] = {}
    for place, label in enumerate(labels):
        places.setdefault(label, []).append(place)
    found = Items([""] * len(labels), labels).by_label
    assert list(found) == list(places)
    assert {label: list(where) for label, where in found.items()} == places
