"""The cut-down vocabulary: words of the grammar are split as by CLIP's own tokenizer."""

import gzip
from pathlib import Path

import open_clip
import pytest

from benchmarks.pocket.build.clip import MODEL
from benchmarks.pocket.build.tokenizer import caption_words, write_vocabulary

VOCABULARY = MODEL / "bpe.txt.gz"


@pytest.fixture(scope="module")
def words() -> set[str]:
    return caption_words(pictures=400, seed=7)


@pytest.fixture(scope="module")
def pocket() -> open_clip.SimpleTokenizer:
    return open_clip.SimpleTokenizer(bpe_path=str(VOCABULARY), context_length=24)


def test_words_are_split_as_by_the_full_tokenizer(
    words: set[str], pocket: open_clip.SimpleTokenizer
) -> None:
    full = open_clip.SimpleTokenizer()
    for word in words:
        mine = [pocket.decoder[token] for token in pocket.encode(word)]
        assert mine == [full.decoder[token] for token in full.encode(word)], word


def test_start_and_end_have_the_two_highest_ids(pocket: open_clip.SimpleTokenizer) -> None:
    assert (pocket.sot_token_id, pocket.eot_token_id) == (1083, 1084)
    assert pocket.vocab_size == 1085


def test_unknown_words_fall_back_to_bytes(pocket: open_clip.SimpleTokenizer) -> None:
    tokens = pocket.encode("Hovercraft über")
    assert pocket.decode(tokens).strip() == "hovercraft über"


def test_merges_keep_the_original_order() -> None:
    merges = gzip.decompress(VOCABULARY.read_bytes()).decode().split("\n")[1:]
    ranks = open_clip.SimpleTokenizer().bpe_ranks
    order = [ranks[tuple(merge.split())] for merge in merges]
    assert len(merges) == 571
    assert order == sorted(order)


def test_same_words_give_the_same_file(tmp_path: Path, words: set[str]) -> None:
    first, second = tmp_path / "first.gz", tmp_path / "folder" / "second.gz"
    second.parent.mkdir()
    write_vocabulary(sorted(words), first)
    write_vocabulary(sorted(words, reverse=True), second)
    assert gzip.decompress(first.read_bytes()) == gzip.decompress(second.read_bytes())


def test_shipped_file_is_what_the_captions_give(tmp_path: Path) -> None:
    write_vocabulary(caption_words(), tmp_path / "bpe.txt.gz")
    drawn = gzip.decompress((tmp_path / "bpe.txt.gz").read_bytes())
    assert drawn == gzip.decompress(VOCABULARY.read_bytes())
