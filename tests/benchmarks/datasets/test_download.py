"""What torchvision fetches lands in the layout that is read; archives stay in their folder."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torchvision
from PIL import Image
from torchvision.datasets.utils import extract_archive

from benchmarks.datasets.download import Download, DownloadFailed, unpack_archives
from benchmarks.datasets.registry import dataset_class, dataset_names, open_dataset
from tests.benchmarks.datasets.trees import write_image


def tar(path: Path, *names: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 4
            archive.addfile(info, io.BytesIO(b"data"))
    return path


def fake(monkeypatch: pytest.MonkeyPatch, name: str, fetch: Callable[[Path], None]) -> None:
    """Puts a function in the place of a torchvision dataset."""

    def build(root: str, *, download: bool) -> None:
        assert download
        fetch(Path(root))

    monkeypatch.setattr(torchvision.datasets, name, build)


def test_every_download_is_known_to_torchvision() -> None:
    downloads = {name: dataset_class(name).download for name in dataset_names()}
    through = [d for d in downloads.values() if isinstance(d, Download)]
    assert len(through) == 9
    for download in through:
        assert hasattr(torchvision.datasets, download.torchvision)


def test_a_download_is_moved_to_where_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(root: Path) -> None:
        for number in range(10):
            for name in ("Forest", "River"):
                write_image(root / "eurosat" / "2750" / name / f"{number}.jpg")

    fake(monkeypatch, "EuroSAT", fetch)
    download = dataset_class("eurosat").download
    assert download is not None
    download.fetch(tmp_path)
    dataset = open_dataset("eurosat", tmp_path)
    assert dataset.missing() is None
    assert len(dataset.items("test")) == 4


def test_a_download_joins_a_split_file_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dtd").mkdir()
    (tmp_path / "dtd" / "split_zhou_DescribableTextures.json").write_text("{}")
    fake(monkeypatch, "DTD", lambda root: write_image(root / "dtd" / "dtd" / "images" / "a.jpg"))
    download = dataset_class("dtd").download
    assert download is not None
    download.fetch(tmp_path)
    assert (tmp_path / "dtd" / "images" / "a.jpg").is_file()
    with pytest.raises(DownloadFailed, match="exists already but is incomplete"):
        download.fetch(tmp_path)


def test_svhn_is_written_as_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def digits(root: str, *, split: str, download: bool) -> list[tuple[Image.Image, int]]:
        return [(Image.new("RGB", (32, 32), (n, 0, 0)), n % 2) for n in range(16)]

    monkeypatch.setattr(torchvision.datasets, "SVHN", digits)
    download = dataset_class("svhn").download
    assert download is not None
    download.fetch(tmp_path)
    dataset = open_dataset("svhn", tmp_path)
    assert [len(dataset.items(part)) for part in ("train", "val", "test")] == [14, 2, 16]
    item = dataset.items("test")[0]
    assert (item.reference, item.label) == ("test/0/00001.jpg", 0), "numbered from 1, as JPEG"
    assert (tmp_path / "svhn" / "test" / "1" / "00016.jpg").read_bytes()[:3] == b"\xff\xd8\xff"


def test_digits_of_an_earlier_version_are_told_apart_before_any_download(tmp_path: Path) -> None:
    folder = tmp_path / "svhn"
    for part in ("train", "test"):
        write_image(folder / part / "1" / "000000.png")
    assert open_dataset("svhn", tmp_path).missing() is None, "they serve without a split file"
    (folder / "split_mlai_SVHN.json").write_text("{}")
    told = (
        r"000000\.png was written by an earlier .*Delete .*train and .*test, and prepare svhn again"
    )
    assert re.search(told, open_dataset("svhn", tmp_path).missing() or "")
    download = dataset_class("svhn").download
    assert download is not None
    with pytest.raises(DownloadFailed, match=told):
        download.fetch(tmp_path)


@pytest.mark.parametrize("error", [OSError("no route to host"), RuntimeError("corrupted")])
def test_a_failed_download_is_told(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path) -> None:
        raise error

    fake(monkeypatch, "DTD", fail)
    with pytest.raises(DownloadFailed, match=f"DTD: {error}"):
        Download("DTD", "dtd/dtd", "dtd").fetch(tmp_path)


@pytest.mark.parametrize("name", ["../outside.txt", "/tmp/outside-of-everything.txt"])
def test_a_member_of_a_tar_cannot_leave_its_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = tar(tmp_path / "evil.tar.gz", name)
    fake(monkeypatch, "DTD", lambda root: extract_archive(str(evil), str(root)))
    before = tarfile.TarFile.extraction_filter
    with pytest.raises(DownloadFailed):
        Download("DTD", "dtd", "dtd").fetch(tmp_path / "data")
    workplace = tmp_path / "data" / ".downloads"
    outside = [p for p in tmp_path.rglob("outside*") if not p.is_relative_to(workplace)]
    assert outside == []
    assert not Path("/tmp/outside-of-everything.txt").exists()
    assert tarfile.TarFile.extraction_filter is before


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "dtd"
    folder.mkdir()
    with tarfile.open(folder / "evil.tar", "w") as archive:
        link = tarfile.TarInfo("way-out")
        link.type, link.linkname = tarfile.SYMTYPE, "../.."
        archive.addfile(link)
    with pytest.raises(DownloadFailed, match="refused an archive"):
        unpack_archives(folder)
    assert not (folder / "way-out").exists()


def test_a_member_of_a_zip_cannot_leave_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "inner" / "ucf101"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "evil.zip", "w") as archive:
        archive.writestr("../../outside.txt", "data")
    unpack_archives(folder)
    outside = [p for p in tmp_path.rglob("outside.txt") if not p.is_relative_to(folder)]
    assert outside == []


def test_archives_that_lie_in_the_folder_are_unpacked(tmp_path: Path) -> None:
    tar(tmp_path / "images.tgz", "a/1.jpg")
    (tmp_path / "notes.txt").write_text("hello")
    assert unpack_archives(tmp_path) == ["images.tgz"]
    assert (tmp_path / "a" / "1.jpg").read_bytes() == b"data"


def test_a_damaged_archive_is_told(tmp_path: Path) -> None:
    (tmp_path / "images.zip").write_bytes(b"no zip")
    with pytest.raises(DownloadFailed, match=r"images\.zip: "):
        unpack_archives(tmp_path)
