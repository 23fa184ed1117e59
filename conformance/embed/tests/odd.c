/* A library that does what its setting `does` says, against the interface or not; and how large the compiler makes its parts. */
#include <stdlib.h>
#include <string.h>

#include "dmm_iut.h"

struct stack {
    const char *does;
    uint64_t at;
    int sent;
};

static const char *const KNOWN[] = {"nothing", "late",  "again", "flood",    "long", "port",
                                    "answer",  "chat", "tells", "declines", "fails"};

static void *create(const struct dmm_setup *setup) {
    const char *does = "nothing";
    for (size_t at = 0; at < setup->setting_count; at++)
        if (strcmp(setup->settings[at].name, "does") == 0)
            does = setup->settings[at].value;
    for (size_t at = 0; at < sizeof KNOWN / sizeof *KNOWN; at++)
        if (strcmp(does, KNOWN[at]) == 0) {
            struct stack *stack = calloc(1, sizeof *stack);
            stack->does = KNOWN[at];
            stack->at = setup->now;
            return stack;
        }
    return NULL;
}

static int is(const void *stack, const char *what) { return strcmp(((const struct stack *)stack)->does, what) == 0; }

static void receive(void *stack, uint64_t now, uint32_t port, const uint8_t *frame, size_t length) {
    (void)now, (void)port, (void)frame, (void)length;
    ((struct stack *)stack)->sent = 0;
}

static void timeout(void *stack, uint64_t now) {
    if (is(stack, "late"))
        ((struct stack *)stack)->at = now + 1000000000;
}

static uint64_t next_timeout(void *stack) {
    return is(stack, "late") || is(stack, "again") ? ((struct stack *)stack)->at : DMM_NEVER;
}

static size_t transmit(void *at, uint32_t *port, uint8_t *frame, size_t room) {
    struct stack *stack = at;
    if (stack->sent++ && !is(at, "flood"))
        return 0;
    *port = is(at, "port") ? 7 : DMM_ACCESS;
    frame[0] = 0x60;
    return is(at, "long") ? room + 1 : is(at, "flood") || is(at, "port") ? 1 : 0;
}

static int act(void *at, uint64_t now, const struct dmm_action *action, char *said, size_t room) {
    (void)now, (void)action;
    if (is(at, "answer"))
        return 77;
    if (is(at, "chat"))
        memset(said, 'x', room);
    if (is(at, "tells"))
        memcpy(said, "all is well", 12);
    if (is(at, "fails"))
        memcpy(said, "no room", 8);
    return is(at, "fails") ? DMM_FAILED : is(at, "declines") ? DMM_UNSUPPORTED : DMM_DONE;
}

#ifndef ABI
#define ABI DMM_IUT_ABI
#endif
#ifndef RECEIVE
#define RECEIVE receive
#endif
#ifndef FLAGS
#define FLAGS DMM_IUT_SINGLE
#endif

#ifndef NO_ENTRY
const struct dmm_iut *dmm_iut(void) {
    static const struct dmm_iut iut = {ABI,     FLAGS,   "odd",        create,   free,
                                       RECEIVE, timeout, next_timeout, transmit, act};
#ifdef NO_TABLE
    return NULL;
#endif
    return &iut;
}
#endif

#define PART(type, part) offsetof(struct type, part)

/* The size of each structure, and where its parts are, in their order. */
const size_t dmm_layout[] = {
    sizeof(struct dmm_setting), PART(dmm_setting, name), PART(dmm_setting, value),
    sizeof(struct dmm_peer), PART(dmm_peer, role), PART(dmm_peer, pool_length), PART(dmm_peer, addr),
    PART(dmm_peer, pool),
    sizeof(struct dmm_mobile), PART(dmm_mobile, nai), PART(dmm_mobile, mac),
    sizeof(struct dmm_setup), PART(dmm_setup, role), PART(dmm_setup, addr), PART(dmm_setup, mac), PART(dmm_setup, now),
    PART(dmm_setup, seed), PART(dmm_setup, peers), PART(dmm_setup, peer_count), PART(dmm_setup, mobiles),
    PART(dmm_setup, mobile_count), PART(dmm_setup, settings), PART(dmm_setup, setting_count),
    sizeof(struct dmm_action), PART(dmm_action, kind), PART(dmm_action, mac), PART(dmm_action, settings),
    PART(dmm_action, setting_count),
    sizeof(struct dmm_iut), PART(dmm_iut, abi), PART(dmm_iut, flags), PART(dmm_iut, name), PART(dmm_iut, create),
    PART(dmm_iut, destroy), PART(dmm_iut, receive), PART(dmm_iut, timeout), PART(dmm_iut, next_timeout),
    PART(dmm_iut, transmit), PART(dmm_iut, act),
};
/* The numbers of the header, in their order. */
const uint64_t dmm_numbers[] = {
    DMM_IUT_ABI, DMM_IUT_SINGLE, DMM_CMD, DMM_MAAR, DMM_LMA, DMM_MAG, DMM_CORE, DMM_ACCESS, DMM_LONGEST_FRAME,
    DMM_NEVER, DMM_DETACH, DMM_RESTART, DMM_SET, DMM_DUMP, DMM_DONE, DMM_UNSUPPORTED, DMM_FAILED,
};
