"""Verdicts beside published numbers, and reasons where there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.reference.published import published_results
from orchestrator.analysis.intervals import MeanInterval, mean_interval
from orchestrator.analysis.reproduction import compare_with_published, judge
from tests.orchestrator.analysis.paper_runs import paper_run, row_of

DIGITISED = row_of("zip", "eurosat")
PRINTED = replace(DIGITISED, value=64.0, error=0.0, status="primary")


@pytest.mark.parametrize(
    ("values", "judgement"),
    [
        ((64.1, 64.2, 64.0), "reproduced"),
        ((61.0, 64.0, 67.0), "within noise"),
        ((70.0, 70.2, 69.9), "differs"),
        ((64.6, 64.7, 64.5), "reproduced"),
        ((65.4, 65.5, 65.6), "differs"),
        ((64.0,), "not judged"),
        ((90.0,), "not judged"),
    ],
)
def test_verdicts(values: tuple[float, ...], judgement: str) -> None:
    assert judge(mean_interval(values), PRINTED, trains=True)[0] == judgement


def test_a_digitised_number_gives_more_room() -> None:
    ours = mean_interval((65.4, 65.5, 65.6))
    assert judge(ours, PRINTED, trains=True)[0] == "differs"
    assert judge(ours, replace(PRINTED, error=1.0), trains=True)[0] == "reproduced"


def test_a_published_spread_is_part_of_the_judgement() -> None:
    ours = mean_interval((66.1, 66.2, 66.3))
    steady = replace(PRINTED, sd=0.2, seeds=3)
    assert judge(ours, PRINTED, trains=True)[0] == "differs"
    assert judge(ours, steady, trains=True)[0] == "differs"
    judgement, reason = judge(ours, replace(PRINTED, sd=3.5, seeds=3), trains=True)
    assert judgement == "within noise"
    assert reason == "2.2 apart, interval ± 8.7 over 3 seeds here and 3 there"
    near = mean_interval((64.1, 64.2, 64.3))
    assert judge(near, PRINTED, trains=True)[0] == "reproduced"
    assert judge(near, steady, trains=True)[0] == "reproduced"
    assert judge(near, replace(PRINTED, sd=3.5, seeds=3), trains=True)[0] == "within noise"


def test_more_published_seeds_make_the_judgement_sharper() -> None:
    ours = mean_interval((66.1, 66.2, 66.3))
    few, many = (replace(PRINTED, sd=3.5, seeds=seeds) for seeds in (3, 100))
    assert judge(ours, few, trains=True)[0] == "within noise"
    assert judge(ours, many, trains=True)[0] == "differs"


def test_a_spread_makes_no_verdict_of_a_single_seed_of_ours() -> None:
    row = replace(PRINTED, sd=0.2, seeds=3)
    assert judge(mean_interval((64.0,)), row, trains=True) == ("not judged", "a single seed")


def test_a_rerun_with_its_spread_stands_beside_the_figure() -> None:
    runs = [paper_run(64.0 + seed / 10, seed) for seed in (1, 2, 3)]
    verdicts, _ = compare_with_published(runs, published_results())
    rerun = next(v for v in verdicts if v.published.source.startswith("ZOMP"))
    assert (rerun.published.value, rerun.published.sd, rerun.published.seeds) == (64.6, 3.5, 3)
    assert rerun.judgement == "within noise"
    assert rerun.reason == "0.4 apart, interval ± 8.7 over 3 seeds here and 3 there"


def test_zero_shot_has_no_seeds_and_is_judged_by_rounding() -> None:
    assert judge(MeanInterval(64.1, None, 1), PRINTED, trains=False)[0] == "reproduced"
    assert judge(MeanInterval(65.0, None, 1), PRINTED, trains=False)[0] == "differs"


def test_the_real_tables_give_every_kind_of_answer() -> None:
    runs = [paper_run(64.0 + seed / 10, seed) for seed in (1, 2, 3)]
    runs.append(paper_run(47.6, method="zero_shot"))
    runs.append(replace(paper_run(50.0), dataset="mine"))
    verdicts, unknown = compare_with_published(runs, published_results())
    by_name = {(v.published.place, v.published.published_as): v for v in verdicts}
    figure = by_name["ZIP, ICLR 2025 (repository figure), Figure 1(c) radar", "ZIP"]
    assert figure.judgement == "reproduced"
    assert by_name["SharpZO, NeurIPS 2025, Table 1", "ZIP (Rep)"].judgement == "not comparable"
    zero_shot = by_name["SharpZO, NeurIPS 2025, Table 1", "ZS-CLIP*"]
    assert zero_shot.judgement in ("reproduced", "not comparable")
    assert [group.dataset for group in unknown] == ["mine"]


def test_no_verdict_ever_comes_from_a_single_seed() -> None:
    verdicts, _ = compare_with_published([paper_run(64.0)], published_results())
    assert verdicts
    assert {v.judgement for v in verdicts} <= {"not judged", "not comparable"}


def test_one_seed_of_another_kind_leaves_no_verdict_on_all() -> None:
    runs = [paper_run(64.0 + seed / 10, seed) for seed in (1, 2)]
    runs.append(paper_run(64.3, 3, changes={"precision": "bf16"}))
    verdicts, _ = compare_with_published(runs, [DIGITISED])
    assert [(v.judgement, v.reason) for v in verdicts] == [
        ("not comparable", "another precision: only fp32 is comparable, bf16 here")
    ]


def test_a_remark_on_the_source_of_a_prompt_holds_for_where_it_is_tested() -> None:
    row = replace(DIGITISED, protocol="cross_dataset")
    remark = "imagenet: 3 unreadable images are skipped"
    moved = {"protocol": "cross_dataset", "source": {"dataset": "imagenet", "key": "ab"}}
    tested = [paper_run(64.0 + seed / 10, seed, changes=moved) for seed in (1, 2, 3)]
    assert compare_with_published(tested, [row])[0][0].judgement == "reproduced"
    trained = replace(paper_run(70.0), dataset="imagenet")
    provenance = {**trained.trace.provenance, "dataset_remark": remark}
    trained = replace(trained, trace=replace(trained.trace, key="ab", provenance=provenance))
    verdicts, _ = compare_with_published([*tested, trained], [row])
    assert [(v.judgement, v.reason) for v in verdicts] == [("not comparable", remark)]
