"""The YAML file that a user writes, as typed and frozen models."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Self, TypeVar

from pydantic import Field, ValidationInfo, field_validator, model_validator

from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.registry import cell_name, dataset_class, dataset_names
from benchmarks.datasets.sampling import ShortClasses
from benchmarks.datasets.views import OnUnreadable
from benchmarks.frozen import Frozen
from benchmarks.naming import did_you_mean
from benchmarks.preprocessing import Augmentation
from benchmarks.protocols import protocol_named
from benchmarks.quoting import cut
from extensions.reference import is_reference
from orchestrator.answers import ALL, Answers
from orchestrator.cell import Evaluation
from orchestrator.money import Prices
from orchestrator.oracle.backbone import Backbone
from orchestrator.precision import Precision
from orchestrator.spec.ablation import AblationSpec
from orchestrator.spec.absent import Absent
from orchestrator.spec.arm import Arm, Conditions, arm_of
from orchestrator.spec.method import MethodSpec
from orchestrator.spec.numbers import PositiveInt, Seed
from orchestrator.spec.price import PriceSpec, ReportPriceSpec
from orchestrator.spec.search import SearchSpec, check_search

_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")

SequenceT = TypeVar("SequenceT", bound=Sequence[Any])


def _distinct(values: SequenceT, what: str, remedy: str = "") -> SequenceT:
    seen: set[Any] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{what} {cut(repr(value))} is given twice{remedy}")
        seen.add(value)
    return values


class ReportSpec(Frozen):
    """What the report measures beyond accuracy.

    Attributes:
        target_gain: target of queries-to-target, in percentage points above zero-shot on the same
            dataset.
        target_accuracy: an absolute target in percent, instead.
        gains: targets of the curve of targets reached, in percentage points above zero-shot; by
            default even steps up to the highest gain reached.
        reference: label of the method that others are compared with. Saved queries are counted
            against it, by default against the best other method on each dataset; and it is tested
            against others at equal queries, by default the best method at each number of queries.
        against: labels of the methods that the reference is tested against: those, and no others,
            that the comparison is made for. By default all others of its track.
        at: ascending numbers of queries at which accuracies are compared; by default those at
            which the spec measures, or a ladder up to the budget.
        price: what queries and images cost; the older form of the spec's own `price`.
    """

    target_gain: float | None = Field(default=None, gt=0)
    target_accuracy: float | None = Field(default=None, gt=0, le=100)
    gains: tuple[Annotated[float, Field(gt=0)], ...] = ()
    reference: str | None = None
    against: tuple[str, ...] = ()
    at: tuple[PositiveInt, ...] = ()
    price: ReportPriceSpec = ReportPriceSpec()

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if self.target_gain is not None and self.target_accuracy is not None:
            raise ValueError("give target_gain or target_accuracy, not both")
        return self

    @model_validator(mode="after")
    def _tests_of_a_reference(self) -> Self:
        _distinct(self.against, "label")
        if self.against and self.reference is None:
            raise ValueError("against: names methods to test a `reference` against: give one")
        if self.reference in self.against:
            raise ValueError(f"against: {cut(repr(self.reference))} is the reference itself")
        return self

    @field_validator("at")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(later <= earlier for earlier, later in pairwise(value)):
            raise ValueError(f"expected ascending numbers, got {list(value)}")
        return value

    @property
    def target_title(self) -> str:
        """The target in words; empty without one."""
        if self.target_accuracy is not None:
            return f"{self.target_accuracy:g} % accuracy"
        return "" if self.target_gain is None else f"{self.target_gain:g} points above zero-shot"


class Spec(Frozen):
    """A comparison: every dataset with every number of shots, seed and method.

    Attributes:
        name: what MLflow and the report call it.
        protocol: which classes and images train and test.
        datasets: names of datasets; with a `source`, those that its prompts are tested on. A user's
            own dataset is written as a mapping of `name`, `path` and optionally `templates`, which
            is kept in `own_datasets`. One of another package is named by its place,
            `package.module:Class`, or by its entry point's name.
        own_datasets: the user's own datasets.
        source: the dataset that prompts are trained on, for protocols that test them on others.
        shots: labelled training images per class.
        seeds: one trial per seed, which also draws the few-shot split.
        methods: methods with their settings; may be empty if there is an ablation.
        ablation: one or several methods, and the fields of them that are varied.
        backbone: the model behind the oracle.
        budget: queries that each trial may spend.
        batch_size: images per mini-batch of a query.
        answers: what methods see of the black box's scores: `logits`, `log_probabilities`,
            `{top: 5}` or `label`, perhaps rounded or noisy. Accuracy is measured on all scores.
        precision: number format of the oracle; a service has its own.
        augmentation: `crop_flip` is the paper's; `none` encodes training images once.
        views: number of augmented views of each training image that are encoded ahead, and from
            which steps draw, for methods that don't change images. Many times faster than encoding
            new views in every step (0), but not quite the same experiment: part of the key.
        short_classes: what to do with classes that have fewer images than shots.
        unreadable: what to do about images that are missing or corrupt: `fail`, or `skip` them with
            a note.
        evaluation: when trials are measured, and on how many test images on the way.
        report: what the report measures.
        search: a search for settings of one of the methods, which runs first.
        price: what the use of the black box costs; None where nothing has a price.
    """

    name: str = Field(max_length=100)
    protocol: str = "few_shot"
    datasets: tuple[str, ...] = Field(min_length=1)
    own_datasets: tuple[OwnDataset, ...] = ()
    source: str | None = None
    shots: tuple[PositiveInt, ...] = (16,)
    seeds: tuple[Seed, ...] = (1, 2, 3)
    methods: tuple[MethodSpec, ...] = ()
    ablation: AblationSpec | None = None
    backbone: Backbone
    budget: PositiveInt = 5000
    batch_size: PositiveInt = 128
    answers: Answers = ALL
    precision: Precision = "fp32"
    augmentation: Augmentation = "crop_flip"
    views: Annotated[int, Field(ge=0, le=10**6)] = 0
    short_classes: ShortClasses = "refuse"
    unreadable: OnUnreadable = "fail"
    evaluation: Evaluation = Evaluation()
    report: ReportSpec = ReportSpec()
    search: SearchSpec | None = None
    price: PriceSpec | None = None

    @property
    def prices(self) -> Prices | None:
        """What use costs, in whichever form it was given; None where nothing has a price."""
        given = self.report.price.prices if self.price is None else self.price.prices
        return given if given.known else None

    @property
    def trained_datasets(self) -> tuple[str, ...]:
        """Every dataset that prompts are trained on."""
        return self.datasets if self.source is None else (self.source,)

    @property
    def all_datasets(self) -> tuple[str, ...]:
        """Every dataset that is tested on; the source comes first."""
        return tuple(dict.fromkeys((*self.trained_datasets, *self.datasets)))

    @field_validator("name")
    @classmethod
    def _names_a_folder(cls, value: str) -> str:
        if not _FOLDER.fullmatch(value):
            raise ValueError(
                f"expected letters, digits, `-`, `_` and `.`, the first a letter or digit, because "
                f"it names the report's folder, got {cut(repr(value))}"
            )
        return value

    @field_validator("protocol")
    @classmethod
    def _known_protocol(cls, value: str) -> str:
        protocol_named(value)
        return value

    @model_validator(mode="before")
    @classmethod
    def _own_datasets_apart(cls, value: Any) -> Any:
        """Keeps names in `datasets`, and moves the user's own to `own_datasets`."""
        if not isinstance(value, Mapping) or not isinstance(value.get("datasets"), list | tuple):
            return value
        entries = value["datasets"]
        # A name without a path is one that is known, or the place of a class.
        entries = [
            entry["name"] if isinstance(entry, Mapping) and _is_place(entry) else entry
            for entry in entries
        ]
        own = [entry for entry in entries if isinstance(entry, Mapping)]
        names = [e.get("name", "") if isinstance(e, Mapping) else e for e in entries]
        given = value.get("own_datasets", ())
        declared = [*given, *own] if isinstance(given, list | tuple) else given
        return {**value, "datasets": names, **({"own_datasets": declared} if declared else {})}

    @field_validator("datasets")
    @classmethod
    def _as_cells_call_them(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return tuple(_cell_name(name, info.context) for name in value)

    @field_validator("source")
    @classmethod
    def _as_cells_call_it(cls, value: str | None, info: ValidationInfo) -> str | None:
        return None if value is None else _cell_name(value, info.context)

    @model_validator(mode="after")
    def _views_of_augmented_images(self) -> Self:
        if self.views and self.augmentation == "none":
            raise ValueError(
                f"views: {self.views} needs an augmentation: without one an image has a single "
                f"view, which is encoded once anyway. Leave `views` out, or set augmentation: "
                f"crop_flip"
            )
        return self

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        if self.price is not None and self.report.price.prices.known:
            raise ValueError(
                "price and report.price both say what queries cost: keep `price`, and leave "
                "`report.price` out"
            )
        return self

    @model_validator(mode="after")
    def _measured_within_the_budget(self) -> Self:
        if self.evaluation.at and self.evaluation.at[-1] > self.budget:
            raise ValueError(
                f"evaluation.at: {self.evaluation.at[-1]:,} queries are never reached with a "
                f"budget of {self.budget:,}"
            )
        if self.report.at and self.report.at[-1] > self.budget:
            raise ValueError(
                f"report.at: {self.report.at[-1]:,} queries are never reached with a budget of "
                f"{self.budget:,}"
            )
        return self

    @model_validator(mode="after")
    def _known_datasets(self, info: ValidationInfo) -> Self:
        own = [source.name for source in self.own_datasets]
        _distinct(own, "own dataset")
        for name in self.all_datasets:
            if name not in own and _absent(name, info.context) is None:
                dataset_class(name)
        for name in own:
            if name in dataset_names():
                raise ValueError(f"own dataset {name!r} has a known dataset's name: choose another")
        _distinct(self.datasets, "dataset")
        return self

    @field_validator("shots", "seeds")
    @classmethod
    def _distinct_numbers(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value:
            raise ValueError("needs at least one value")
        return _distinct(value, "value")

    @field_validator("methods")
    @classmethod
    def _distinct_labels(cls, value: tuple[MethodSpec, ...]) -> tuple[MethodSpec, ...]:
        _distinct([m.label for m in value], "label", ": give each method a `label` of its own")
        return value

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Methods of the comparison under each number of shots, then the ablation."""
        each = [self._conditions(shots) for shots in self.shots]
        ordinary = [arm_of(method, given) for given in each for method in self.methods]
        ablated = self.ablation.arms(each[0]) if self.ablation else ()
        return (*ordinary, *ablated)

    def _conditions(self, shots: int) -> Conditions:
        return Conditions(
            backbone=self.backbone,
            budget=self.budget,
            shots=shots,
            batch_size=self.batch_size,
            answers=self.answers,
        )

    @model_validator(mode="after")
    def _something_to_run(self) -> Self:
        if not self.methods and self.ablation is None:
            raise ValueError("methods: give at least one method, or an ablation")
        return self

    @model_validator(mode="after")
    def _sound_ablation(self) -> Self:
        if self.ablation is None:
            return self
        if len(self.shots) > 1:
            raise ValueError(
                f"ablation: needs a single number of shots, that of its base, got "
                f"{list(self.shots)}; vary `shots` in the ablation instead"
            )
        for base in self.ablation.base:
            if any(m.label == base.label and m != base for m in self.methods):
                raise ValueError(
                    f"ablation.base: another method has the label {base.label!r}; give the base "
                    f"its own `label`"
                )
        try:
            _check_labels(self.arms)
        except ValueError as error:
            raise ValueError(f"ablation: {error}") from None
        return self

    @model_validator(mode="after")
    def _services_compute_as_they_do(self) -> Self:
        usual = type(self).model_fields["precision"].default
        if self.precision != usual and any(arm.conditions.backbone.remote for arm in self.arms):
            raise ValueError(
                f"precision: a service computes in its own precision, which no spec can set: leave "
                f"`precision` out, got {self.precision}"
            )
        return self

    @model_validator(mode="after")
    def _source_where_prompts_are_transferred(self) -> Self:
        transfers = protocol_named(self.protocol).transfers
        if transfers and self.source is None:
            raise ValueError(
                f"protocol {self.protocol} needs a `source`: the dataset that prompts are trained "
                f"on, such as imagenet"
            )
        if self.source is not None and not transfers:
            raise ValueError(f"protocol {self.protocol} trains on every dataset: drop `source`")
        if self.source in self.datasets:
            raise ValueError(
                f"{self.source!r} is the source, which is always tested: leave it out of `datasets`"
            )
        return self

    @model_validator(mode="after")
    def _known_reference(self) -> Self:
        labels = [method.label for method in self.methods]
        labels += [base.label for base in self.ablation.base] if self.ablation else []
        named = [("reference", self.report.reference)] if self.report.reference else []
        for field, label in (*named, *(("against", label) for label in self.report.against)):
            if label not in labels:
                raise ValueError(
                    f"report.{field} {cut(repr(label))} is no method's label. "
                    f"{did_you_mean(label, labels)}"
                )
        return self

    @model_validator(mode="after")
    def _possible_search(self) -> Self:
        if self.search is not None:
            try:
                check_search(self.search, self.methods, self.seeds)
            except ValueError as error:
                raise ValueError(f"search: {error}") from None
        return self


def _is_place(entry: Mapping[str, Any]) -> bool:
    name = entry.get("name")
    return set(entry) == {"name"} and isinstance(name, str) and is_reference(name)


def _cell_name(name: str, known: object) -> str:
    """What cells call the dataset of a name or place.

    Raises:
        ValueError: there is none at the place.
    """
    return _absent(name, known) or cell_name(name)


def _absent(name: str, known: object) -> str | None:
    """What a store calls a dataset that isn't here; None if it is here, or nobody knows it."""
    if not isinstance(known, Absent):
        return None
    try:
        dataset_class(name)
    except ValueError:
        return known.dataset(name)
    return None


def _check_labels(arms: Sequence[Arm]) -> None:
    """Refuses a label that stands for two arms, which reports would take for one."""
    known: dict[str, Arm] = {}
    for arm in arms:
        first = known.setdefault(arm.label, arm)
        if (first.method, first.conditions) != (arm.method, arm.conditions):
            raise ValueError(
                f"the label {cut(repr(arm.label))} stands for two of its methods: change the "
                f"one of `methods`, or its `label`"
            )
