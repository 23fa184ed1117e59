/*
 * An implementation under test as a shared library, which `dmm conform run` loads and runs on virtual time, so that a backoff
 * of 95 seconds takes milliseconds. The library exports one function:
 *
 *     const struct dmm_iut *dmm_iut(void);
 *
 * A stack is created for each case and destroyed after it. It is told what time it is and what has arrived, it says when it
 * wants to be called again and what it has to send, and it uses no clock, no socket and no thread of its own. Cases run in
 * several threads, each with stacks of its own, so what stacks share must bear that; DMM_IUT_SINGLE has it otherwise.
 *
 * Pointers that a function is given are valid until it returns. Nothing may be thrown across this interface.
 */
#ifndef DMM_IUT_H
#define DMM_IUT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DMM_IUT_ABI 1u

/* flags */
#define DMM_IUT_SINGLE 1u /* one stack at a time, in one thread at a time: for stacks with global variables */

/* roles */
#define DMM_CMD 1u
#define DMM_MAAR 2u
#define DMM_LMA 3u
#define DMM_MAG 4u

/* ports */
#define DMM_CORE 0u   /* IPv6 packets, without a link header: routes and neighbours are the tester's */
#define DMM_ACCESS 1u /* Ethernet frames, since a mobile node tells DLIFs apart by their MAC addresses (RFC 8885 3.7) */

/* what a frame may have */
#define DMM_LONGEST_FRAME 65575u

#define DMM_NEVER UINT64_MAX

/* actions */
#define DMM_DETACH 1u  /* a mobile node has left the access link, and the link layer noticed */
#define DMM_RESTART 2u /* the stack starts anew with what it has stored */
#define DMM_SET 3u     /* it is configured otherwise: `settings`, as scripts write them */
#define DMM_DUMP 4u    /* it says what it holds, for people */

/* answers */
#define DMM_DONE 0
#define DMM_UNSUPPORTED 1 /* the case does not apply */
#define DMM_FAILED 2      /* the case is inconclusive */

/* Text in UTF-8 that ends with a zero. */
struct dmm_setting {
    const char *name;
    const char *value;
};

/* A node that the tester plays: who may speak to the stack. */
struct dmm_peer {
    uint32_t role;
    uint32_t pool_length; /* of the prefixes that are this node's alone, in bits */
    uint8_t addr[16];
    uint8_t pool[16];
};

/* A mobile node that a MAAR or MAG knows. */
struct dmm_mobile {
    const char *nai;
    uint8_t mac[6];
};

/* The domain that a stack is created for: its configuration. */
struct dmm_setup {
    uint32_t role;    /* what the stack is in this case */
    uint8_t addr[16]; /* its address */
    uint8_t mac[6];   /* of its interface on the core */
    uint64_t now;     /* nanoseconds since 1970, in UTC, as everywhere here */
    uint64_t seed;    /* for what the stack leaves to chance, so that a run can be made again */
    const struct dmm_peer *peers;
    size_t peer_count;
    const struct dmm_mobile *mobiles;
    size_t mobile_count;
    const struct dmm_setting *settings; /* `pics` and `pixit` of its profile */
    size_t setting_count;
};

struct dmm_action {
    uint32_t kind;
    uint8_t mac[6]; /* of the mobile node, where one is meant */
    const struct dmm_setting *settings;
    size_t setting_count;
};

struct dmm_iut {
    uint32_t abi; /* DMM_IUT_ABI */
    uint32_t flags;
    const char *name;

    /* A new stack; NULL where it cannot be what it is to be. */
    void *(*create)(const struct dmm_setup *setup);
    void (*destroy)(void *stack);

    /* A frame has arrived. */
    void (*receive)(void *stack, uint64_t now, uint32_t port, const uint8_t *frame, size_t length);

    /* The time that `next_timeout` named has come. */
    void (*timeout)(void *stack, uint64_t now);
    uint64_t (*next_timeout)(void *stack); /* DMM_NEVER: it waits for nothing */

    /* The next frame to send, of at most `room` octets; returns its length, 0 if there is none. Asked after every call. */
    size_t (*transmit)(void *stack, uint32_t *port, uint8_t *frame, size_t room);

    /* What is no frame; may be NULL. `said` takes text that ends with a zero: what DMM_DUMP tells, or why it was not done. */
    int (*act)(void *stack, uint64_t now, const struct dmm_action *action, char *said, size_t room);
};

const struct dmm_iut *dmm_iut(void);

#ifdef __cplusplus
}
#endif

#endif
