#ifndef SANDBOX_TWILIO_TWIML_H
#define SANDBOX_TWILIO_TWIML_H
/*
 * A TwiML document, as far as it decides how a call goes on: its first verb that connects, refuses,
 * ends or leads elsewhere. Verbs that only speak, play or wait are passed over.
 */
#include "base/err.h"

struct arena;

enum twiml_kind {
    TWIML_FAILED,   /* no document: not fetched, or not TwiML */
    TWIML_HANGUP,   /* <Hangup/>, or the end of the document */
    TWIML_REJECT,   /* <Reject/> */
    TWIML_REDIRECT, /* <Redirect> */
    TWIML_DIAL,     /* <Dial> with somebody to dial */
    TWIML_KIND_COUNT
};

/* Which callbacks a statusCallbackEvent list asks for. */
enum { EVENT_INITIATED = 1, EVENT_RINGING = 2, EVENT_ANSWERED = 4, EVENT_COMPLETED = 8 };

/* URLs are as written; texts that are absent are STR_NONE. */
struct twiml {
    enum twiml_kind kind;
    bool busy;           /* Reject: reason="busy" */
    struct str redirect; /* Redirect: where to */
    struct str action;   /* Dial: … */
    struct str caller_id;
    uint64_t timeout; /* seconds; 30 unless said */
    bool answer_on_bridge;
    bool record, record_dual;
    struct str recording_callback;
    bool is_sip;         /* the target is <Sip> */
    struct str target;   /* number or SIP URI */
    struct str callback; /* the target's statusCallback … */
    unsigned events;     /* … and what it wants to know */
};

/* "initiated ringing answered completed", in any order and number; unknown words are ignored. */
unsigned twiml_events(struct str words);
/* Texts live in the arena. Anything but TwiML: ERR_INVALID says why. */
bool twiml_parse(struct str in, struct arena *a, struct twiml *ret, struct err *e) CHECK_RESULT;

#endif
