"""The relay: ICE-lite, DTLS/SRTP, RTP forwarding without decoding. Facts: ``docs/media.md``."""
