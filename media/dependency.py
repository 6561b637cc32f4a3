"""The dependency descriptor, an RTP header extension that tells a relay what a frame is needed for. Pure.

AV1's RTP payload format, appendix A (https://aomediacodec.github.io/av1-rtp-spec/): a keyframe brings *templates*;
every packet after it names one of them. A *decode target* is a size and frame rate one can ask for, a *chain* the
frames without which it cannot be shown. Strangers write descriptors: whatever does not parse is None.
"""

from __future__ import annotations

MAX_TEMPLATES = 64
MAX_SPATIAL, MAX_TEMPORAL = 4, 8

#: what a frame is to a decode target: not in it, nobody's reference, a place to begin with it, somebody's reference
ABSENT, DISCARDABLE, SWITCH, REQUIRED = range(4)

_SAME, _NEXT_TEMPORAL, _NEXT_SPATIAL, _NO_MORE = range(4)
_MANDATORY = 24
#: where the flag that says "a mask of active decode targets follows" is, and how many flags there are
_MASK_FLAG, _FLAGS = 25, 5


class _Truncated(ValueError):
    pass


class _Bits:
    """Reads from the front, the most significant bit first."""

    __slots__ = ("at", "size", "value")

    def __init__(self, data: bytes) -> None:
        self.value = int.from_bytes(data, "big")
        self.size = 8 * len(data)
        self.at = 0

    def take(self, count: int) -> int:
        self.at += count
        if self.at > self.size:
            raise _Truncated
        return self.value >> (self.size - self.at) & ((1 << count) - 1)

    def row(self, count: int, width: int) -> list[int]:
        """So many numbers of so many bits."""
        together, mask = self.take(count * width), (1 << width) - 1
        return [together >> at & mask for at in range((count - 1) * width, -1, -width)]

    def below(self, limit: int) -> int:
        """The specification's ``ns(n)``: a number under ``limit`` in as few bits as its range allows."""
        width = limit.bit_length()
        if width <= 1:
            return 0
        short = (1 << width) - limit
        value = self.take(width - 1)
        return value if value < short else (value << 1) - short + self.take(1)


class Template:
    """Layers, and per decode target and chain what a frame of this kind is to it."""

    __slots__ = ("chains", "diffs", "spatial", "targets", "temporal")

    def __init__(self, spatial: int, temporal: int) -> None:
        self.spatial = spatial
        self.temporal = temporal
        #: per decode target: `ABSENT` … `SWITCH`
        self.targets: list[int] = []
        #: how many frames back those are that it is predicted from
        self.diffs: list[int] = []
        #: per chain: how many frames back its last one is; 0 when the chain begins with this frame
        self.chains: list[int] = []


class Structure:
    """What a keyframe says of the frames that follow it."""

    __slots__ = ("chain_of", "chains", "first_id", "layers", "spatial_layers", "targets", "templates")

    def __init__(self, first_id: int, targets: int) -> None:
        self.first_id = first_id
        self.targets = targets
        self.templates: list[Template] = []
        self.chains = 0
        #: decode target → the chain that protects it
        self.chain_of: list[int] = []
        #: decode target → (spatial, temporal) of the highest frames in it
        self.layers: list[tuple[int, int]] = []
        self.spatial_layers = 1

    @property
    def all(self) -> int:
        """The mask of all decode targets."""
        return (1 << self.targets) - 1

    def mask(self, spatial: int, temporal: int) -> int:
        """The decode targets that need no layer above these."""
        return sum(1 << target for target, (s, t) in enumerate(self.layers) if s <= spatial and t <= temporal)


class FrameDescriptor:
    """One packet's descriptor. ``active`` is the mask it brings, None without one."""

    __slots__ = (
        "_mask_at",
        "_plain",
        "active",
        "begins",
        "chains",
        "diffs",
        "ends",
        "is_new",
        "number",
        "spatial",
        "structure",
        "targets",
        "temporal",
    )

    def __init__(self, begins: bool, ends: bool, number: int, structure: Structure) -> None:
        self.begins = begins
        self.ends = ends
        self.number = number
        self.structure = structure
        self.spatial = self.temporal = 0
        self.targets: list[int] = []
        self.diffs: list[int] = []
        self.chains: list[int] = []
        self.active: int | None = None
        #: does it bring the structure?
        self.is_new = False
        self._mask_at = 0
        self._plain = True


def brings_structure(data: bytes) -> bool:
    """Is it one of the long ones? Reading those takes a tenth of a millisecond and more."""
    return len(data) > 3 and bool(data[3] & 0x80)


def parse_dependency(data: bytes, known: Structure | None) -> FrameDescriptor | None:
    """What the extension says; ``known`` is the structure of the newest keyframe. None when it makes no sense."""
    try:
        return _parse(_Bits(data), known)
    except ValueError:
        return None


def rewrite_dependency(data: bytes, seen: FrameDescriptor, number: int, mask: int) -> bytes:
    """The same with another frame number and ``mask`` as its active decode targets; ``seen`` was read of ``data``."""
    size = 8 * len(data)
    value = int.from_bytes(data, "big")
    targets = seen.structure.targets
    if seen._plain:
        value, size = value << _FLAGS, size + _FLAGS
    value |= 1 << (size - 1 - _MASK_FLAG)
    after = size - seen._mask_at
    tail = value & ((1 << after) - 1)
    if seen.active is not None:
        after -= targets
        tail &= (1 << after) - 1
    value = ((value >> (size - seen._mask_at)) << targets | mask & seen.structure.all) << after | tail
    size = seen._mask_at + targets + after
    value, size = value << (-size % 8), size + -size % 8
    out = bytearray(value.to_bytes(size // 8, "big"))
    out[1], out[2] = number >> 8 & 0xFF, number & 0xFF
    return bytes(out)


def _parse(bits: _Bits, known: Structure | None) -> FrameDescriptor | None:
    begins, ends = bool(bits.take(1)), bool(bits.take(1))
    template_id, number = bits.take(6), bits.take(16)
    brings, masked, own_targets, own_diffs, own_chains = False, False, False, False, False
    plain = bits.size == _MANDATORY
    if not plain:
        brings, masked, own_targets, own_diffs, own_chains = (bool(bits.take(1)) for _ in range(_FLAGS))
    structure = _read_structure(bits) if brings else known
    if structure is None:
        return None
    frame = FrameDescriptor(begins, ends, number, structure)
    frame.is_new, frame._plain = brings, plain
    frame._mask_at = _MANDATORY + _FLAGS if plain else bits.at
    if masked:
        frame.active = bits.take(structure.targets)
    index = (template_id - structure.first_id) % MAX_TEMPLATES
    if index >= len(structure.templates):
        return None
    template = structure.templates[index]
    frame.spatial, frame.temporal = template.spatial, template.temporal
    frame.targets = bits.row(structure.targets, 2) if own_targets else template.targets
    frame.diffs = _read_diffs(bits) if own_diffs else template.diffs
    frame.chains = bits.row(structure.chains, 8) if own_chains else template.chains
    return frame


def _read_structure(bits: _Bits) -> Structure:
    structure = Structure(bits.take(6), bits.take(5) + 1)
    spatial = temporal = 0
    while True:
        structure.templates.append(Template(spatial, temporal))
        step = bits.take(2)
        if step == _NO_MORE:
            break
        if step == _NEXT_TEMPORAL:
            temporal += 1
        elif step == _NEXT_SPATIAL:
            spatial, temporal = spatial + 1, 0
        if len(structure.templates) == MAX_TEMPLATES or spatial >= MAX_SPATIAL or temporal >= MAX_TEMPORAL:
            raise ValueError("more than the format allows")
    structure.spatial_layers = spatial + 1
    for template in structure.templates:
        template.targets = bits.row(structure.targets, 2)
    for template in structure.templates:
        while bits.take(1):
            template.diffs.append(bits.take(4) + 1)
    structure.chains = bits.below(structure.targets + 1)
    if structure.chains:
        structure.chain_of = [bits.below(structure.chains) for _ in range(structure.targets)]
        for template in structure.templates:
            template.chains = bits.row(structure.chains, 4)
    if bits.take(1):
        for _ in range(structure.spatial_layers):
            bits.take(32)
    structure.layers = _layers_of(structure)
    return structure


def _read_diffs(bits: _Bits) -> list[int]:
    diffs = []
    while width := bits.take(2):
        diffs.append(bits.take(4 * width) + 1)
    return diffs


def _layers_of(structure: Structure) -> list[tuple[int, int]]:
    highest = [0] * structure.targets
    fastest = [0] * structure.targets
    for template in structure.templates:
        for target, indication in enumerate(template.targets):
            if indication != ABSENT:
                # templates come in the order of their spatial layers
                highest[target] = template.spatial
                fastest[target] = max(fastest[target], template.temporal)
    return list(zip(highest, fastest, strict=True))
