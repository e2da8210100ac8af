"""The verb `datasets`, as a person uses it."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest
import torchvision
import yaml
from typer.testing import CliRunner

from benchmarks.datasets.own.pack import OwnPack
from benchmarks.datasets.packed.layout import Facts
from benchmarks.datasets.registry import open_dataset
from orchestrator.cli.main import app
from orchestrator.cli.pack_hints import quoted
from orchestrator.errors import UserError
from orchestrator.spec.load import load_spec
from tests.benchmarks.datasets.locked import lock
from tests.benchmarks.datasets.test_packed import noisy_tree
from tests.benchmarks.datasets.trees import coop_tree, imagenet_tree, write_image, write_lines


def datasets(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["datasets", *arguments], env={"COLUMNS": "100"})
    if isinstance(result.exception, UserError):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def rows_of(table: str) -> dict[str, str]:
    """Lines of a table by their first word."""
    return {line.split()[0]: line for line in table.splitlines() if line.split()}


def refused(*arguments: str) -> str:
    with pytest.raises(UserError) as error:
        datasets(*arguments)
    return str(error.value)


@pytest.mark.parametrize("verb", [(), ("list",)])
def test_on_an_empty_root_everything_is_missing_but_what_is_embedded(
    verb: tuple[str, ...], tmp_path: Path
) -> None:
    output = datasets(*verb, "--data", str(tmp_path))
    assert "4,128 / 1,649 / 2,465" in output
    assert "Download it from data.caltech.edu" in output
    assert "`querycurve datasets prepare dtd` downloads it" in output
    assert "`querycurve datasets prepare imagenet`" not in output
    assert "Licence: CC BY 4.0" in output
    rows = rows_of(output)
    assert "missing" in rows["imagenet"]
    assert "ready" in rows["pocket_dots"]
    assert not list(tmp_path.iterdir())


def test_the_list_says_whose_split_it_is(tmp_path: Path) -> None:
    coop_tree(tmp_path, "dtd")
    for name in ("Forest", "River"):
        for number in range(10):
            write_image(tmp_path / "eurosat" / "2750" / name / f"{number}.jpg")
    rows = rows_of(datasets("--data", str(tmp_path), "list"))
    assert "2 / 1 / 2" in rows["dtd"]
    assert "own split" not in rows["dtd"]
    assert "own split" in rows["eurosat"]


def test_prepare_downloads_what_torchvision_knows_and_explains_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(root: str, *, download: bool) -> None:
        for number in range(10):
            for name in ("Forest", "River"):
                write_image(Path(root) / "eurosat" / "2750" / name / f"{number}.jpg")

    monkeypatch.setattr(torchvision.datasets, "EuroSAT", fetch)
    output = datasets("prepare", "eurosat", "imagenet", "--data", str(tmp_path), code=1)
    assert "eurosat: ready, 14 / 2 / 4 images" in output
    assert "note: eurosat: split_zhou_EuroSAT.json is missing: own split" in output
    assert "imagenet: not ready" in output
    assert "image-net.org (registration needed)" in output
    assert datasets("prepare", "eurosat", "--data", str(tmp_path))


def test_verify_shows_counts_and_names_what_is_broken(tmp_path: Path) -> None:
    dataset = noisy_tree(tmp_path)
    (dataset.folder / "images" / "a" / "1.jpg").write_bytes(b"oops")
    output = datasets("verify", "--data", str(tmp_path), code=1)
    assert "dtd: not a full copy: 2 / 1 / 2 of 2,820 / 1,128 / 1,692" in output
    assert "dataset dtd: can't read image 'a/1.jpg'" in output


def test_an_own_dataset_with_an_empty_class_is_listed_as_such(tmp_path: Path) -> None:
    for number in range(5):
        write_image(tmp_path / "birds" / "owl" / f"{number}.jpg")
    write_lines(tmp_path / "birds" / "tit" / "notes.txt", "none yet")
    spec = tmp_path / "birds.yaml"
    entry = {"name": "birds", "path": str(tmp_path / "birds")}
    content = {"name": "b", "datasets": [entry], "methods": ["zip"], "backbone": "pocket"}
    spec.write_text(yaml.safe_dump(content))
    output = datasets("list", "--spec", str(spec), "--data", str(tmp_path))
    assert "can't be" in rows_of(output)["birds"]
    assert "no images are of the class 'tit'" in output
    assert "no images are of the class 'tit'" in refused("verify", "birds", "--spec", str(spec))


def test_a_dataset_whose_test_images_are_in_no_class_is_not_ready(tmp_path: Path) -> None:
    folder = imagenet_tree(tmp_path) / "images"
    for image in [*(folder / "val").rglob("*.JPEG")]:
        image.rename(folder / "val" / f"{image.parent.name}.JPEG")
    row = rows_of(datasets("list", "--data", str(tmp_path)))["imagenet"]
    assert "2 / 0 / 0" in row
    assert "no test" in row
    output = datasets("prepare", "imagenet", "--data", str(tmp_path), code=1)
    assert "imagenet: not ready: it has no test images, 2 / 0 / 0 images" in output


def test_a_locked_folder_ends_neither_list_nor_verify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noisy_tree(tmp_path)
    write_image(tmp_path / "eurosat" / "2750" / "Forest" / "1.jpg")
    lock(monkeypatch, tmp_path / "eurosat")
    told = f"eurosat: can't look into {tmp_path}/eurosat/2750: permission denied. Let the user"
    for verb, code in (("list", 0), ("verify", 1)):
        output = datasets(verb, "--data", str(tmp_path), code=code)
        assert "2 / 1 / 2" in rows_of(output)["dtd"]
        assert told in output
    assert "can't be" in rows_of(datasets("list", "--data", str(tmp_path)))["eurosat"]
    assert "permission denied" in refused("verify", "eurosat", "--data", str(tmp_path))
    assert "permission denied" in refused("prepare", "eurosat", "--data", str(tmp_path))


def test_an_archive_that_unpacks_to_a_folder_of_its_own_is_ready(tmp_path: Path) -> None:
    noisy_tree(tmp_path)
    shutil.make_archive(str(tmp_path / "textures"), "zip", tmp_path, "dtd")
    shutil.rmtree(tmp_path / "dtd")
    (tmp_path / "dtd").mkdir()
    (tmp_path / "textures.zip").rename(tmp_path / "dtd" / "textures.zip")
    output = datasets("prepare", "dtd", "--data", str(tmp_path))
    assert "dtd: unpacked textures.zip" in output
    assert "dtd: ready, 2 / 1 / 2 images" in output


def test_verify_goes_on_after_a_dataset_that_cannot_be_read(tmp_path: Path) -> None:
    for name in ("sound/train/owl/1", "sound/train/tit/2", "sound/test/owl/3", "bad/owl/1"):
        write_image(tmp_path / f"{name}.png")
    write_image(tmp_path / "sound" / "test" / "jay" / "4.png")
    entries = [{"name": name, "path": str(tmp_path / name)} for name in ("bad", "sound")]
    spec = tmp_path / "birds.yaml"
    content = {"name": "b", "datasets": entries, "methods": ["zip"], "backbone": "pocket"}
    spec.write_text(yaml.safe_dump(content))
    output = datasets("verify", "--spec", str(spec), "--data", str(tmp_path), code=1)
    assert "dataset bad: expected at least two class folders" in output
    assert "2 / 0 / 2" in rows_of(output)["sound"]
    assert "prompts can't be trained on 1 class without training images: jay" in output
    assert "accuracy says nothing of 1 class without test images: tit" in output


def test_an_own_dataset_is_verified_and_packed_by_its_spec(tmp_path: Path) -> None:
    for name in ("owl", "goose"):
        for number in range(10):
            write_image(tmp_path / "birds" / name / f"{number}.jpg")
    spec = tmp_path / "birds.yaml"
    entry = {"name": "birds", "path": str(tmp_path / "birds")}
    content = {"name": "b", "datasets": [entry], "methods": ["zip"], "backbone": "pocket"}
    spec.write_text(yaml.safe_dump(content))
    output = datasets("verify", "birds", "--spec", str(spec))
    assert "14 / 2 / 4" in output
    output = datasets("pack", "birds", "--spec", str(spec), "--to", str(tmp_path / "packs"))
    assert "birds: 20 images in 3 shards" in output


def test_verify_prints_the_digest_that_a_pack_records(tmp_path: Path) -> None:
    noisy_tree(tmp_path)
    output = datasets("verify", "dtd", "--data", str(tmp_path), code=1)
    (line,) = [line for line in output.splitlines() if "full digest" in line]
    datasets("pack", "dtd", "--to", str(tmp_path / "packs"), "--data", str(tmp_path))
    facts = json.loads((tmp_path / "packs" / "dtd" / "dataset.json").read_text())
    assert line == f"dtd: full digest {facts['full_digest']}"
    sealed = Facts.model_validate({**facts, "full_digest": "other"}).sealed()
    (tmp_path / "packs" / "dtd" / "dataset.json").write_text(sealed.model_dump_json())
    output = datasets("verify", "dtd", "--data", str(tmp_path / "packs"), code=1)
    assert "dtd: these are not the images that were packed, of other" in output


def test_pack_writes_what_runs_read(tmp_path: Path) -> None:
    noisy_tree(tmp_path)
    packs = tmp_path / "packs"
    output = datasets("pack", "dtd", "--to", str(packs), "--data", str(tmp_path))
    assert "dtd: 5 images in 3 shards" in output
    assert f"--data '{packs}'" in output
    assert len(open_dataset("dtd", packs).items("train")) == 2


@pytest.mark.parametrize("folder", ["a b", "it's", "100% #1: größe", "what? [x] & {y}", "-x", "~"])
def test_the_hint_after_packing_an_own_dataset_works_as_it_is_printed(
    folder: str, tmp_path: Path
) -> None:
    for name in ("owl", "goose"):
        for number in range(10):
            write_image(tmp_path / folder / "birds" / name / f"{number}.png")
    noisy_tree(tmp_path)
    spec = tmp_path / folder / "my spec.yaml"
    entry = {"name": "birds", "path": str(tmp_path / folder / "birds"), "templates": ["a {}."]}
    content = {"name": "b", "datasets": ["pocket_dots", entry], "methods": ["zero_shot"]}
    spec.write_text(yaml.safe_dump({**content, "backbone": "pocket"}))
    to = tmp_path / folder / "packs"
    words = ("--spec", str(spec), "--to", str(to), "--data", str(tmp_path))
    lines = datasets("pack", "dtd", "birds", *words).splitlines()
    assert any(line == f"Run from it with --data {quoted(str(to))}." for line in lines)
    (told,) = [line for line in lines if line.startswith("Run from it with: ")]
    *_, verb, given, option, change = shlex.split(told)
    assert (verb, given, option) == ("run", str(spec), "--set")
    (own,) = load_spec(given, [change]).own_datasets
    assert own.path == str(to / "birds")
    assert isinstance(own._opened(), OwnPack)
    assert own.open().missing() is None
    assert yaml.safe_load(lines[-1]) == [{"name": "birds", "path": str(to / "birds")}]


def test_packing_says_what_it_did_and_what_is_no_image(tmp_path: Path) -> None:
    tree = noisy_tree(tmp_path)
    (tree.folder / "images" / "a" / "1.jpg").write_bytes(b"")
    words = ("pack", "dtd", "--to", str(tmp_path / "packs"), "--data", str(tmp_path))
    output = datasets(*words)
    assert f"dtd: 5 images in 3 shards at {tmp_path / 'packs' / 'dtd'} (packed)\n" in output
    assert "note: dtd: 1 file is no image, of 5; the first is 'a/1.jpg' (it is empty)" in output
    assert "(already packed, and every file is as it was packed)" in datasets(*words)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("verify", "dtdd"), "unknown dataset 'dtdd'. Did you mean: dtd"),
        (("pack", "birds", "--to", "packs"), "A dataset of your own needs its spec: --spec"),
        (("verify",), "no dataset is in"),
        (("pack", "dtd", "--to", "packs"), "dataset dtd: "),
        (("pack", "pocket_dots", "--to", "ftp://x"), "ftp:// is not supported"),
        (("prepare", "dtdd"), "unknown dataset 'dtdd'"),
        (("verify", "dtd", "--spec", "nowhere"), "no spec 'nowhere'"),
    ],
)
def test_mistakes_are_refused(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    assert message in refused(*arguments, "--data", str(tmp_path))


def test_a_dataset_that_only_a_spec_here_knows_is_told_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "no spec.yaml").write_text("- a\n")
    (tmp_path / "mine.yml").write_text("datasets: [dtd, {name: birds, path: x}]\n")
    monkeypatch.chdir(tmp_path)
    assert "It is in mine.yml: add --spec mine.yml." in refused("verify", "birds")
    assert "its spec: --spec FILE" in refused("verify", "bees")


def test_nothing_is_prepared_on_s3() -> None:
    assert "is no folder" in refused("prepare", "dtd", "--data", "s3://bucket/x")
