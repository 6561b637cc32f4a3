"""From AddTrack to TrackInfo and to what the relay must know (``livekit_models.proto``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from livekit.protocol import models

from media.api import Kind, Layer, Publication

_PREFIXES: dict[Any, str] = {
    models.TrackSource.CAMERA: "VC",
    models.TrackSource.MICROPHONE: "AM",
    models.TrackSource.SCREEN_SHARE: "VS",
    models.TrackSource.SCREEN_SHARE_AUDIO: "AS",
}
_STREAMS: dict[Any, str] = {
    models.TrackSource.CAMERA: "camera",
    models.TrackSource.MICROPHONE: "camera",
    models.TrackSource.SCREEN_SHARE: "screen_share",
    models.TrackSource.SCREEN_SHARE_AUDIO: "screen_share",
}
_SOURCES: dict[str, Any] = {
    "camera": models.TrackSource.CAMERA,
    "microphone": models.TrackSource.MICROPHONE,
    "screen_share": models.TrackSource.SCREEN_SHARE,
    "screen_share_audio": models.TrackSource.SCREEN_SHARE_AUDIO,
}


def sources_of(words: Iterable[str]) -> list[Any]:
    """TrackSource numbers of the words a grant uses."""
    return [_SOURCES[word] for word in words if word in _SOURCES]


def track_info(request: Any, suffix: str) -> Any:
    """The TrackInfo of an AddTrackRequest; ``suffix`` makes the sid unique."""
    info = models.TrackInfo(
        sid=f"TR_{_PREFIXES.get(request.source, 'XX')}{suffix}",
        type=request.type,
        name=request.name,
        muted=request.muted,
        width=request.width,
        height=request.height,
        source=request.source,
        layers=request.layers,
        disable_dtx=request.disable_dtx,
        disable_red=request.disable_red,
        stereo=request.stereo,
        encryption=request.encryption,
        stream=request.stream or _STREAMS.get(request.source, ""),
        audio_features=request.audio_features,
        backup_codec_policy=request.backup_codec_policy,
        packet_trailer_features=request.packet_trailer_features,
    )
    if request.type == models.TrackType.AUDIO:
        info.mime_type = "audio/opus" if request.disable_red else "audio/red"
        return info
    info.simulcast = len(request.layers) > 1
    wanted = next(iter(request.simulcast_codecs), None)
    codec = wanted.codec.upper().removeprefix("VIDEO/") if wanted is not None and wanted.codec else "VP8"
    layers = wanted.layers if wanted is not None and wanted.layers else request.layers
    cid = wanted.cid if wanted is not None and wanted.cid else request.cid
    info.codecs.add(mime_type=f"video/{codec}", cid=cid, layers=layers)
    info.mime_type = info.codecs[0].mime_type
    return info


def publication_of(info: Any, request: Any, participant_sid: str) -> Publication:
    layers = info.codecs[0].layers if info.codecs else info.layers
    return Publication(
        sid=info.sid,
        kind=Kind.AUDIO if info.type == models.TrackType.AUDIO else Kind.VIDEO,
        cids=frozenset({request.cid, *(codec.cid for codec in request.simulcast_codecs)}),
        mime=info.mime_type,
        stream_id=f"{participant_sid}|{info.sid}",
        layers=tuple(Layer(min(x.quality, 2), x.width, x.height, x.bitrate, x.rid) for x in layers),
        screen=info.source == models.TrackSource.SCREEN_SHARE,
        red=not info.disable_red,
        dtx=not info.disable_dtx,
        stereo=info.stereo,
        muted=info.muted,
    )
