"""A moving picture and a soft voice, computed: what the selftest and the simulated officers show and say. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 320, 180
FRAMES_PER_S = 12
SAMPLE_RATE = 48_000
#: samples in one audio frame of 20 ms
SAMPLES = SAMPLE_RATE // 50

_Y, _X = np.mgrid[0:HEIGHT, 0:WIDTH]
#: the spoken melody, one note for each syllable (Hz)
_NOTES = (196.0, 220.0, 247.0, 220.0, 196.0, 175.0)
_SYLLABLE_S = 0.28
_LOUDNESS = 1_600.0


def picture(number: int, hue: int) -> bytes:
    """Frame ``number`` as I420, WIDTH x HEIGHT: a head that nods and speaks on a ground of ``hue`` (0…255)."""
    phase = number / FRAMES_PER_S
    luma = 70 + (_X + 2 * number) % WIDTH * 40 // WIDTH
    nod = HEIGHT // 2 + 6 * np.sin(2.2 * phase)
    head = ((_X - WIDTH / 2) / 46) ** 2 + ((_Y - nod) / 60) ** 2 < 1
    luma = np.where(head, 205, luma)
    for side in (-18, 18):
        eye = (_X - WIDTH / 2 - side) ** 2 + (_Y - nod + 16) ** 2 < 20
        luma = np.where(eye, 40, luma)
    opening = 3 + 7 * abs(np.sin(np.pi * phase / _SYLLABLE_S / 2))
    mouth = ((_X - WIDTH / 2) / 18) ** 2 + ((_Y - nod - 26) / opening) ** 2 < 1
    luma = np.where(mouth, 60, luma).astype(np.uint8)
    chroma_head = head[::2, ::2]
    u = np.where(chroma_head, 112, hue).astype(np.uint8)
    v = np.where(chroma_head, 146, 255 - hue).astype(np.uint8)
    return luma.tobytes() + u.tobytes() + v.tobytes()


def voice(number: int) -> NDArray[np.int16]:
    """The 20 ms of sound ``number``: syllables on a small melody, with pauses between the phrases."""
    at = (number * SAMPLES + np.arange(SAMPLES)) / SAMPLE_RATE
    syllable = (at / _SYLLABLE_S).astype(int)
    note = np.asarray(_NOTES)[syllable % len(_NOTES)]
    swell = np.sin(np.pi * (at / _SYLLABLE_S - syllable)) ** 2
    speaking = syllable % 10 < 7
    tone = sum(np.sin(2 * np.pi * note * harmonic * at) / harmonic for harmonic in (1, 2, 3))
    return np.asarray(_LOUDNESS * swell * speaking * tone, dtype=np.int16)


def is_picture(i420: bytes, width: int, height: int) -> bool:
    """Does a decoded frame show something, not one flat colour?"""
    luma = np.frombuffer(i420, dtype=np.uint8)[: width * height]
    return bool(luma.size and int(luma.max()) - int(luma.min()) > 30)
