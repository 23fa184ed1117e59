/*
 * A stack as a shared library, to copy: put calls of yours in the place of `refuse`. This one answers every PBU with status 129,
 * Administratively prohibited. docs/embed.md goes from here to a verdict.
 *
 *   cc -shared -fPIC -I conformance/embed/include -o libstack.so conformance/adaptors/stack.c
 */
#include <stdlib.h>
#include <string.h>

#include "dmm_iut.h"

enum { IPV6 = 40, MOBILITY_HEADER = 135, PBU = 5, PBA = 6, MN_ID = 8, PADN = 1, PROHIBITED = 129, PROXY = 0x20 };

/* All that this stack is: its address, and the one packet that waits to be sent. */
struct stack {
    uint8_t addr[16];
    uint8_t packet[512];
    size_t length;
};

static uint16_t checksum(const uint8_t *packet, size_t length) {
    uint32_t sum = (uint32_t)(length - IPV6) + MOBILITY_HEADER;
    for (size_t at = 8; at < length; at += 2)
        sum += (uint32_t)packet[at] << 8 | packet[at + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void refuse(struct stack *stack, const uint8_t *pbu) {
    uint8_t *packet = stack->packet, *mh = packet + IPV6;
    const uint8_t *option = pbu + IPV6 + 12, *end = pbu + IPV6 + (pbu[IPV6 + 1] + 1) * 8;
    size_t length = 12;

    memset(packet, 0, sizeof stack->packet);
    memcpy(mh, (uint8_t[]){59, 0, PBA, 0, 0, 0, PROHIBITED, PROXY, pbu[IPV6 + 6], pbu[IPV6 + 7]}, 10);
    /* Whom the PBU was about (RFC 5213 5.3.1). */
    while (option < end && (option[0] == 0 || (option + 2 <= end && option + 2 + option[1] <= end))) {
        if (option[0] == MN_ID) {
            memcpy(mh + length, option, 2u + option[1]);
            length += 2u + option[1];
            break;
        }
        option += option[0] == 0 ? 1 : 2 + option[1];
    }
    if (length % 8 != 0 && length % 8 < 7)
        memcpy(mh + length, (uint8_t[]){PADN, (uint8_t)(6 - length % 8)}, 2);
    length = (length + 7) / 8 * 8;
    mh[1] = (uint8_t)(length / 8 - 1);
    packet[0] = 0x60;
    packet[4] = (uint8_t)(length >> 8), packet[5] = (uint8_t)length;
    packet[6] = MOBILITY_HEADER, packet[7] = 64;
    memcpy(packet + 8, stack->addr, 16);
    memcpy(packet + 24, pbu + 8, 16);
    stack->length = IPV6 + length;
    uint16_t sum = checksum(packet, stack->length);
    mh[4] = (uint8_t)(sum >> 8), mh[5] = (uint8_t)sum;
}

static void *create(const struct dmm_setup *setup) {
    struct stack *stack = calloc(1, sizeof *stack);
    if (stack)
        memcpy(stack->addr, setup->addr, 16);
    return stack;
}

static void receive(void *stack, uint64_t now, uint32_t port, const uint8_t *frame, size_t length) {
    (void)now;
    if (port == DMM_CORE && length >= IPV6 + 16 && frame[6] == MOBILITY_HEADER && frame[IPV6 + 2] == PBU &&
        IPV6 + (frame[IPV6 + 1] + 1u) * 8 <= length && checksum(frame, length) == 0)
        refuse(stack, frame);
}

static void timeout(void *stack, uint64_t now) { (void)stack, (void)now; }

static uint64_t next_timeout(void *stack) { return (void)stack, DMM_NEVER; }

static size_t transmit(void *at, uint32_t *port, uint8_t *frame, size_t room) {
    struct stack *stack = at;
    size_t length = stack->length <= room ? stack->length : 0;
    memcpy(frame, stack->packet, length);
    *port = DMM_CORE;
    stack->length = 0;
    return length;
}

const struct dmm_iut *dmm_iut(void) {
    static const struct dmm_iut iut = {DMM_IUT_ABI, 0,            "stack.c", create,   free, receive,
                                       timeout,     next_timeout, transmit,  NULL};
    return &iut;
}
