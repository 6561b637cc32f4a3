/* The least that forwarding can cost: a datagram in, the same datagram to the two others of its room; no SRTP, no RTP.
 *
 * A datagram of four bytes, "J" and a room's number, makes its source a member of that room. One port, batches of 64.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH 64
#define ROOMS 4096
#define PEOPLE 3

static struct sockaddr_in member[ROOMS][PEOPLE];
static int members[ROOMS];
static int room_of[65536];   /* by port: everybody has the same address */

int main(int argc, char **argv) {
    static uint8_t buffer[BATCH][2048];
    static struct iovec in_io[BATCH], out_io[BATCH * PEOPLE];
    static struct mmsghdr in[BATCH], out[BATCH * PEOPLE];
    static struct sockaddr_in from[BATCH];
    int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(argc > 2 ? atoi(argv[2]) : 0)};
    own.sin_addr.s_addr = inet_addr(argc > 1 ? argv[1] : "127.0.0.1");
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    if (bind(fd, (struct sockaddr *)&own, sizeof own)) { perror("bind"); return 1; }
    for (;;) {
        for (int i = 0; i < BATCH; i++) {
            in_io[i] = (struct iovec){buffer[i], sizeof buffer[i]};
            in[i].msg_hdr = (struct msghdr){
                .msg_name = from + i, .msg_namelen = sizeof from[i], .msg_iov = in_io + i, .msg_iovlen = 1};
        }
        int n = recvmmsg(fd, in, BATCH, MSG_WAITFORONE, NULL), outs = 0;
        for (int i = 0; i < n; i++) {
            int port = ntohs(from[i].sin_port), length = in[i].msg_len;
            if (length == 4 && buffer[i][0] == 'J') {
                int room = (buffer[i][2] << 8 | buffer[i][3]) % ROOMS;
                if (!room_of[port] && members[room] < PEOPLE) {
                    member[room][members[room]++] = from[i];
                    room_of[port] = room + 1;
                }
                sendto(fd, "ok", 2, 0, (struct sockaddr *)(from + i), sizeof from[i]);
                continue;
            }
            int room = room_of[port] - 1;
            if (room < 0) continue;
            for (int k = 0; k < members[room]; k++) {
                if (member[room][k].sin_port == from[i].sin_port) continue;
                out_io[outs] = (struct iovec){buffer[i], length};
                out[outs].msg_hdr = (struct msghdr){.msg_name = &member[room][k],
                                                    .msg_namelen = sizeof member[room][k],
                                                    .msg_iov = out_io + outs,
                                                    .msg_iovlen = 1};
                outs++;
            }
        }
        for (int done = 0; done < outs;) {
            int k = sendmmsg(fd, out + done, outs - done, 0);
            if (k <= 0) break;
            done += k;
        }
    }
}
