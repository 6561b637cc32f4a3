/* The generator's data plane: paced RTP out of many transports, every packet that comes back counted and timed.
 *
 * Python makes the transports (ICE, DTLS, signalling) and hands over sockets, SRTP sessions and numbers; from then on
 * this loop sends, receives and gives the feedback of a browser: sender and receiver reports each second, transport-wide
 * congestion control every 100 ms, a key frame when one is asked for. Whatever is not RTP or RTCP goes back to Python.
 *
 * A packet's last bytes name its stream, its number and when it was sent; the kernel stamps its arrival. The same
 * numbers without SRTP (rx and tx NULL) drive the plain forwarder.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#define LEGS 512
#define STREAMS 512
#define SOURCES 16   /* streams that one transport receives */
#define SAMPLES (1 << 20)
#define OTHERS 256   /* datagrams for Python */
#define MTU 1600
#define BURST 64
#define TWCC 2048
#define MAGIC 0x4b6c6174u

typedef int (*crypt)(void *session, void *packet, int *length);

struct source {
    uint32_t ssrc;
    uint32_t highest;   /* extended sequence number */
    uint32_t last_sr;
    int64_t last_sr_at;
};

struct leg {
    int fd;
    void *rx, *tx;
    uint32_t own_ssrc;
    int twcc_id;         /* of the extension in what it receives; 0: none */
    int twcc_base, twcc_count, twcc_feedbacks;
    uint16_t twcc_seq[TWCC];
    int64_t twcc_at[TWCC];
    int sources;
    struct source source[SOURCES];
    uint16_t twcc_out;   /* transport-wide number of what it sends */
};

struct stream {
    int leg, video;
    uint32_t ssrc, timestamp, counter, from;
    uint8_t pt;
    int twcc_id, level_id, size, burst;
    uint16_t seq, picture;
    int64_t period, due;
    int want_key;
    uint32_t packets, octets;
};

struct other {
    int leg, size;
    uint8_t data[MTU];
};

struct plane {
    int epoll, legs, streams;
    crypt protect, unprotect, protect_rtcp, unprotect_rtcp;
    struct leg leg[LEGS];
    struct stream stream[STREAMS];
    struct other other[OTHERS];
    int other_count;
    int sending;
    int64_t feedback_due, report_due;
    /* what is measured */
    uint64_t sent, received, refused, send_failed, nacks, key_requests, late_sum_ns, late_count;
    uint32_t samples;
    float sample[SAMPLES];  /* milliseconds from send to arrival */
};

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void put16(uint8_t *p, uint32_t v) { p[0] = v >> 8; p[1] = v; }
static void put32(uint8_t *p, uint32_t v) { put16(p, v >> 16); put16(p + 2, v); }
static uint32_t get16(const uint8_t *p) { return p[0] << 8 | p[1]; }
static uint32_t get32(const uint8_t *p) { return get16(p) << 16 | get16(p + 2); }

struct plane *plane_new(crypt protect, crypt unprotect, crypt protect_rtcp, crypt unprotect_rtcp) {
    struct plane *p = calloc(1, sizeof *p);
    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    p->protect = protect; p->unprotect = unprotect;
    p->protect_rtcp = protect_rtcp; p->unprotect_rtcp = unprotect_rtcp;
    return p;
}

void plane_free(struct plane *p) { free(p); }

/* the socket is connected to the server's media address */
int plane_leg(struct plane *p, int fd, void *rx, void *tx, uint32_t own_ssrc, int twcc_id) {
    if (p->legs == LEGS) return -1;
    struct leg *leg = &p->leg[p->legs];
    leg->fd = fd; leg->rx = rx; leg->tx = tx; leg->own_ssrc = own_ssrc; leg->twcc_id = twcc_id;
    int on = 1, size = 4 << 20;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = p->legs};
    if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &event)) return -1;
    return p->legs++;
}

int plane_stream(struct plane *p, int leg, uint32_t ssrc, int pt, int video, int size, int burst, double hertz,
                 double phase, int twcc_id, int level_id) {
    if (p->streams == STREAMS) return -1;
    struct stream *s = &p->stream[p->streams];
    s->leg = leg; s->ssrc = ssrc; s->pt = pt; s->video = video; s->size = size; s->burst = burst;
    s->period = 1e9 / hertz; s->due = now_ns() + (int64_t)(phase * s->period);
    s->twcc_id = twcc_id; s->level_id = level_id; s->want_key = 1; s->seq = ssrc * 7 + 11; s->timestamp = ssrc * 13;
    return p->streams++;
}

static void transmit(struct plane *p, struct leg *leg, struct iovec *io, int count) {
    struct mmsghdr m[BURST];
    memset(m, 0, sizeof m[0] * count);
    for (int i = 0; i < count; i++) { m[i].msg_hdr.msg_iov = io + i; m[i].msg_hdr.msg_iovlen = 1; }
    int done = 0;
    while (done < count) {
        int n = sendmmsg(leg->fd, m + done, count - done, 0);
        if (n <= 0) { p->send_failed += count - done; return; }
        done += n;
    }
}

/* one frame, or one audio packet */
static void emit(struct plane *p, struct stream *s, int64_t now) {
    static uint8_t buffer[BURST][MTU];
    struct iovec io[BURST];
    struct leg *leg = &p->leg[s->leg];
    int key = s->video && s->want_key;
    s->want_key = 0;
    for (int i = 0; i < s->burst; i++) {
        uint8_t *b = buffer[i];
        int n = 12;
        b[0] = 0x80; b[1] = s->pt | (!s->video || i == s->burst - 1 ? s->video << 7 : 0);
        put16(b + 2, s->seq++); put32(b + 4, s->timestamp); put32(b + 8, s->ssrc);
        if (s->twcc_id || s->level_id) {
            int start = n, e = n + 4;
            b[0] |= 0x10;
            if (s->twcc_id) { b[e++] = s->twcc_id << 4 | 1; put16(b + e, leg->twcc_out++); e += 2; }
            if (s->level_id) { b[e++] = s->level_id << 4; b[e++] = 0x80 | 30; }
            while ((e - start) % 4) b[e++] = 0;
            put16(b + start, 0xbede); put16(b + start + 2, (e - start - 4) / 4);
            n = e;
        }
        int payload = n;
        memset(b + payload, 0x55, s->size);
        if (s->video) {
            uint8_t *d = b + payload;
            d[0] = 0x80 | (i == 0 ? 0x10 : 0); d[1] = 0xe0;   /* picture id, TL0 index, temporal layer */
            put16(d + 2, 0x8000 | (s->picture & 0x7fff)); d[4] = s->picture; d[5] = 0;
            if (i == 0) {
                d[6] = key ? 0x10 : 0x11; d[7] = 0x10; d[8] = 0;
                if (key) { d[9] = 0x9d; d[10] = 1; d[11] = 0x2a; d[12] = 0x80; d[13] = 2; d[14] = 0x68; d[15] = 1; }
            }
        } else b[payload] = 0x78;
        uint8_t *tail = b + payload + s->size - 20;
        put32(tail, MAGIC); put32(tail + 4, s - p->stream); put32(tail + 8, s->counter++); memcpy(tail + 12, &now, 8);
        int length = payload + s->size;
        if (leg->tx && p->protect(leg->tx, b, &length)) p->refused++;
        io[i].iov_base = b; io[i].iov_len = length;
        s->packets++; s->octets += s->size;
    }
    p->sent += s->burst;
    s->picture++;
    s->timestamp += s->period * (s->video ? 90 : 48) / 1000000;
    transmit(p, leg, io, s->burst);
}

static void send_rtcp(struct plane *p, struct leg *leg, uint8_t *packet, int length) {
    if (leg->tx && p->protect_rtcp(leg->tx, packet, &length)) { p->refused++; return; }
    struct iovec io = {packet, length};
    transmit(p, leg, &io, 1);
}

static void send_reports(struct plane *p, int64_t now) {
    uint8_t b[MTU];
    uint64_t ntp = ((uint64_t)(now / 1000000000 + 2208988800ll) << 32) | (uint64_t)((now % 1000000000) * 4.294967296);
    for (int i = 0; i < p->streams; i++) {
        struct stream *s = &p->stream[i];
        b[0] = 0x80; b[1] = 200; put16(b + 2, 6); put32(b + 4, s->ssrc);
        put32(b + 8, ntp >> 32); put32(b + 12, ntp); put32(b + 16, s->timestamp); put32(b + 20, s->packets);
        put32(b + 24, s->octets);
        uint8_t *d = b + 28;
        d[0] = 0x81; d[1] = 202; put16(d + 2, 3); put32(d + 4, s->ssrc);
        d[8] = 1; d[9] = 4; memcpy(d + 10, "benc", 4); d[14] = d[15] = 0;
        send_rtcp(p, &p->leg[s->leg], b, 28 + 16);
    }
    for (int i = 0; i < p->legs; i++) {
        struct leg *leg = &p->leg[i];
        if (!leg->sources) continue;
        b[0] = 0x80 | leg->sources; b[1] = 201; put16(b + 2, 1 + 6 * leg->sources); put32(b + 4, leg->own_ssrc);
        for (int k = 0; k < leg->sources; k++) {
            struct source *from = &leg->source[k];
            uint8_t *d = b + 8 + 24 * k;
            put32(d, from->ssrc); put32(d + 4, 0); put32(d + 8, from->highest); put32(d + 12, 0);
            put32(d + 16, from->last_sr);
            put32(d + 20, from->last_sr ? (now - from->last_sr_at) * 65536 / 1000000000 : 0);
        }
        send_rtcp(p, leg, b, 8 + 24 * leg->sources);
    }
}

/* draft-holmer-rmcat-transport-wide-cc-extensions-01, §3.1: two-bit symbols, deltas of 250 us */
static void send_feedback(struct plane *p, struct leg *leg) {
    static uint8_t symbol[4096];
    static int64_t at[4096];
    uint8_t b[MTU];
    if (!leg->twcc_count) return;
    int base = leg->twcc_base, last = base;
    for (int i = 0; i < leg->twcc_count; i++) {
        int ahead = (int16_t)(leg->twcc_seq[i] - (uint16_t)last);
        if (ahead > 0) last += ahead;
    }
    int span = last - base + 1, used = 0;
    if (span > 1500) span = 1500;
    memset(symbol, 0, span);
    for (int i = 0; i < leg->twcc_count; i++) {
        int k = (uint16_t)(leg->twcc_seq[i] - (uint16_t)base);
        if (k < span) { symbol[k] = 1; at[k] = leg->twcc_at[i] / 250000; }
    }
    int first = 0;
    while (first < span && !symbol[first]) first++;
    int64_t reference = first < span ? at[first] / 256 : 0, clock = reference * 256;
    b[0] = 0x8f; b[1] = 205; put32(b + 4, leg->own_ssrc); put32(b + 8, leg->sources ? leg->source[0].ssrc : 0);
    put16(b + 12, base); put16(b + 14, span); put32(b + 16, (uint32_t)reference << 8 | (leg->twcc_feedbacks++ & 255));
    uint8_t *chunk = b + 20, *delta = chunk + 2 * ((span + 6) / 7);
    memset(chunk, 0, delta - chunk);
    for (int k = 0; k < span && delta - b < MTU - 64; k++) {
        if (!symbol[k]) continue;
        int64_t d = at[k] - clock;
        clock = at[k];
        int wide = d < 0 || d > 255;
        if (wide) { put16(delta, (uint16_t)d); delta += 2; } else *delta++ = d;
        chunk[2 * (k / 7)] |= 0;
        uint16_t word = get16(chunk + 2 * (k / 7)) | 0xc000 | (wide ? 2 : 1) << (12 - 2 * (k % 7));
        put16(chunk + 2 * (k / 7), word);
        used = 1;
    }
    for (int k = 0; k < span; k += 7) if (!(chunk[2 * (k / 7)] & 0x80)) put16(chunk + 2 * (k / 7), 0xc000);
    leg->twcc_base = (last + 1) & 0xffff; leg->twcc_count = 0;
    if (!used) return;
    int length = delta - b, padding = (4 - length % 4) % 4;
    if (padding) { memset(b + length, 0, padding); b[length + padding - 1] = padding; b[0] |= 0x20; length += padding; }
    put16(b + 2, length / 4 - 1);
    send_rtcp(p, leg, b, length);
}

static void heard_rtp(struct plane *p, struct leg *leg, uint8_t *b, int length, int64_t at) {
    if (leg->rx && p->unprotect(leg->rx, b, &length)) { p->refused++; return; }
    uint32_t ssrc = get32(b + 8), seq = get16(b + 2);
    struct source *from = NULL;
    for (int i = 0; i < leg->sources; i++) if (leg->source[i].ssrc == ssrc) from = &leg->source[i];
    if (!from && leg->sources < SOURCES) {
        from = &leg->source[leg->sources++];
        from->ssrc = ssrc; from->highest = seq; from->last_sr = 0;
    }
    if (from && (int16_t)(seq - (uint16_t)from->highest) > 0) from->highest += (uint16_t)(seq - (uint16_t)from->highest);
    if (leg->twcc_id && b[0] & 0x10 && get16(b + 12 + 4 * (b[0] & 15)) == 0xbede) {
        uint8_t *e = b + 12 + 4 * (b[0] & 15), *end = e + 4 + 4 * get16(e + 2);
        for (e += 4; e < end && e < b + length;) {
            if (!*e) { e++; continue; }
            if (*e >> 4 == leg->twcc_id && leg->twcc_count < TWCC) {
                if (!leg->twcc_feedbacks && !leg->twcc_count) leg->twcc_base = get16(e + 1);
                leg->twcc_seq[leg->twcc_count] = get16(e + 1);
                leg->twcc_at[leg->twcc_count++] = at;
            }
            e += 2 + (*e & 15);
        }
    }
    if (length < 32 || get32(b + length - 20) != MAGIC) return;   /* padding, probes */
    uint32_t stream = get32(b + length - 16), counter = get32(b + length - 12);
    int64_t sent;
    memcpy(&sent, b + length - 8, 8);
    if (stream >= (uint32_t)p->streams || (int32_t)(counter - p->stream[stream].from) < 0) return;
    p->received++;
    if (p->samples < SAMPLES) p->sample[p->samples++] = (at - sent) / 1e6;
}

static void heard_rtcp(struct plane *p, struct leg *leg, uint8_t *b, int length, int64_t at) {
    if (leg->rx && p->unprotect_rtcp(leg->rx, b, &length)) { p->refused++; return; }
    for (int o = 0; o + 8 <= length; o += 4 + 4 * get16(b + o + 2)) {
        uint8_t *d = b + o;
        int kind = d[1], format = d[0] & 31;
        if (kind == 200 && o + 16 <= length) {
            for (int i = 0; i < leg->sources; i++) if (leg->source[i].ssrc == get32(d + 4)) {
                leg->source[i].last_sr = get32(d + 8) << 16 | get32(d + 12) >> 16;
                leg->source[i].last_sr_at = at;
            }
        } else if (kind == 205 && format == 1) p->nacks++;
        else if (kind == 206 && (format == 1 || format == 4) && o + 12 <= length) {
            uint32_t about = format == 4 && o + 16 <= length ? get32(d + 12) : get32(d + 8);
            p->key_requests++;
            for (int i = 0; i < p->streams; i++) if (p->stream[i].ssrc == about) p->stream[i].want_key = 1;
        }
    }
}

static void receive(struct plane *p, int index) {
    static uint8_t buffer[BURST][MTU], control[BURST][64];
    static struct iovec io[BURST];
    static struct mmsghdr m[BURST];
    struct leg *leg = &p->leg[index];
    for (int i = 0; i < BURST; i++) {
        io[i].iov_base = buffer[i]; io[i].iov_len = MTU;
        m[i].msg_hdr = (struct msghdr){.msg_iov = io + i, .msg_iovlen = 1, .msg_control = control[i], .msg_controllen = 64};
    }
    int n = recvmmsg(leg->fd, m, BURST, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) {
        uint8_t *b = buffer[i];
        int length = m[i].msg_len;
        int64_t at = 0;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&m[i].msg_hdr); c; c = CMSG_NXTHDR(&m[i].msg_hdr, c))
            if (c->cmsg_type == SCM_TIMESTAMPNS) {
                struct timespec t;
                memcpy(&t, CMSG_DATA(c), sizeof t);
                at = t.tv_sec * 1000000000ll + t.tv_nsec;
            }
        if (!at) at = now_ns();
        if (length >= 12 && b[0] >= 128 && b[0] < 192) {
            if (b[1] >= 192 && b[1] < 224) heard_rtcp(p, leg, b, length, at);
            else heard_rtp(p, leg, b, length, at);
        } else if (length > 0 && p->other_count < OTHERS) {
            struct other *o = &p->other[p->other_count++];
            o->leg = index; o->size = length; memcpy(o->data, b, length);
        }
    }
}

/* Runs for so long, or until Python has datagrams to look at. */
void plane_step(struct plane *p, double seconds) {
    int64_t end = now_ns() + (int64_t)(seconds * 1e9);
    struct epoll_event events[64];
    for (;;) {
        int64_t now = now_ns(), next = end;
        if (p->sending)
            for (int i = 0; i < p->streams; i++) {
                struct stream *s = &p->stream[i];
                if (s->due <= now) {
                    p->late_sum_ns += now - s->due; p->late_count++;
                    emit(p, s, now_ns());
                    s->due += s->period;
                    /* after a pause of ours: no flood to catch up */
                    if (now - s->due > 100000000) s->due = now + s->period;
                }
                if (s->due < next) next = s->due;
            }
        if (now >= p->feedback_due) {
            for (int i = 0; i < p->legs; i++) send_feedback(p, &p->leg[i]);
            p->feedback_due = now + 100000000;
        }
        if (now >= p->report_due) { send_reports(p, now); p->report_due = now + 1000000000; }
        now = now_ns();
        if (now >= end || p->other_count) return;
        struct timespec wait = {0, next > now ? next - now : 0};
        int n = epoll_pwait2(p->epoll, events, 64, &wait, NULL);
        for (int i = 0; i < n; i++) receive(p, events[i].data.u32);
    }
}

void plane_sending(struct plane *p, int on) {
    int64_t now = now_ns();
    if (on && !p->sending)
        for (int i = 0; i < p->streams; i++) {
            struct stream *s = &p->stream[i];
            if (s->due < now) s->due += (now - s->due) / s->period * s->period + s->period;
        }
    p->sending = on;
}

/* From here on packets count. */
void plane_mark(struct plane *p) {
    for (int i = 0; i < p->streams; i++) p->stream[i].from = p->stream[i].counter;
    p->sent = p->received = p->refused = p->send_failed = p->nacks = p->key_requests = 0;
    p->late_sum_ns = p->late_count = 0;
    p->samples = 0;
}

/* sent, received, refused, send_failed, nacks, key_requests, mean lateness of a send in ns */
void plane_counts(struct plane *p, uint64_t *out) {
    out[0] = p->sent; out[1] = p->received; out[2] = p->refused; out[3] = p->send_failed; out[4] = p->nacks;
    out[5] = p->key_requests; out[6] = p->late_count ? p->late_sum_ns / p->late_count : 0;
}

uint32_t plane_samples(struct plane *p, float **out) { *out = p->sample; return p->samples; }

/* The next datagram for Python: its size (0: none), its transport in *leg. */
int plane_other(struct plane *p, int *leg, uint8_t *out) {
    if (!p->other_count) return 0;
    struct other *o = &p->other[--p->other_count];
    *leg = o->leg;
    memcpy(out, o->data, o->size);
    return o->size;
}
