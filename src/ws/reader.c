/*
 * wslay takes frames apart: heads, masks, the lengths of control frames. What they add up to is
 * here, because it must not depend on how the bytes were cut, and nothing may be endless: how large
 * a message is and in how many pieces it comes, how many messages and control frames come in a
 * second.
 */
#include "ws/reader.h"

#include <stdlib.h>
#include <wslay/wslay.h>

#include "base/arena.h"
#include "base/buf.h"
#include "ws/frame.h"

enum { CONTROLS_PER_SECOND = 32, MESSAGES_PER_SECOND = 32, CLOSE_CODE = 2 };

/* What becomes of the peer: one of these, or the code of what it did wrong. */
enum { READ_ON = 0, SAID_CLOSE = -1 };

struct ws_reader {
    struct ws_reader_options o;
    wslay_frame_context_ptr wslay;
    struct str unread; /* of the read under way */
    bool in_frame, in_message;
    uint64_t got;       /* bytes of the frame under way */
    struct buf message; /* what is there of it */
    struct buf control; /* likewise of a control frame, which may come in between */
    size_t n_frames;    /* of the message */
    usec_t second;      /* which these two count: */
    unsigned n_controls, n_messages;
};

// --- rules ---------------------------------------------------------------------------------------

static bool is_known(unsigned opcode)
{
    return opcode <= WS_BINARY || (opcode >= WS_CLOSE && opcode <= WS_PONG);
}

static int judge_data(struct ws_reader *r, const struct wslay_frame_iocb *f)
{
    if ((f->opcode == WSLAY_CONTINUATION_FRAME) != r->in_message)
        return WS_PROTOCOL;
    if (f->opcode == WS_BINARY)
        return WS_UNSUPPORTED;
    if (f->payload_length > r->o.max_message - r->message.n)
        return WS_TOO_LARGE;
    // As many pieces as it may have bytes, and not endless empty ones.
    return ++r->n_frames > r->o.max_message ? WS_POLICY : READ_ON;
}

static int judge(struct ws_reader *r, const struct wslay_frame_iocb *f)
{
    if (!f->mask || f->rsv || !is_known(f->opcode))
        return WS_PROTOCOL;
    return wslay_is_ctrl_frame(f->opcode) ? READ_ON : judge_data(r, f);
}

static bool is_flood(struct ws_reader *r, bool control)
{
    const usec_t second = clock_monotonic(r->o.clock) / SECONDS(1);

    if (second != r->second) {
        r->second = second;
        r->n_controls = r->n_messages = 0;
    }
    r->n_controls += control;
    r->n_messages += !control;
    return r->n_controls > CONTROLS_PER_SECOND || r->n_messages > MESSAGES_PER_SECOND;
}

/* RFC 6455 section 7.4: what may be said on the wire. */
static bool is_close_code(unsigned code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
           (code >= 3000 && code <= 4999);
}

// --- whole frames --------------------------------------------------------------------------------

/* A Close is answered with its own code. */
static int on_close(const struct ws_reader *r, struct buf *out)
{
    const struct str said = buf_view(&r->control);
    const struct str code = str_sub(said, 0, CLOSE_CODE);

    if (said.n == 1 || (said.n > 1 && !is_close_code((unsigned)(unsigned char)code.p[0] << 8 |
                                                     (unsigned char)code.p[1])))
        return WS_PROTOCOL;
    if (!str_is_utf8(str_sub(said, CLOSE_CODE, said.n)))
        return WS_NOT_UTF8;
    ws_frame_write(out, WS_CLOSE, code);
    return SAID_CLOSE;
}

static int on_control(struct ws_reader *r, unsigned opcode, struct buf *out)
{
    if (opcode == WS_CLOSE)
        return on_close(r, out);
    if (is_flood(r, true))
        return WS_POLICY;
    if (opcode == WS_PING)
        ws_frame_write(out, WS_PONG, buf_view(&r->control));
    return READ_ON;
}

static int on_message(struct ws_reader *r)
{
    if (is_flood(r, false))
        return WS_POLICY;
    if (!str_is_utf8(buf_view(&r->message)))
        return WS_NOT_UTF8;
    r->o.on_text(buf_view(&r->message), r->o.arg);
    r->in_message = false;
    r->n_frames = 0;
    buf_reset(&r->message);
    return READ_ON;
}

static int end_frame(struct ws_reader *r, const struct wslay_frame_iocb *f, struct buf *out)
{
    r->in_frame = false;
    if (wslay_is_ctrl_frame(f->opcode))
        return on_control(r, f->opcode, out);
    r->in_message = true;
    return f->fin ? on_message(r) : READ_ON;
}

// --- pieces of frames ----------------------------------------------------------------------------

static ssize_t on_receive(uint8_t *p, size_t n, int flags, void *arg)
{
    struct ws_reader *r = arg;
    const struct str part = str_sub(r->unread, 0, n);

    (void)flags;
    if (part.n > 0)
        memcpy(p, part.p, part.n);
    r->unread = str_sub(r->unread, part.n, r->unread.n);
    return part.n > 0 ? (ssize_t)part.n : -1;
}

static int begin_frame(struct ws_reader *r, const struct wslay_frame_iocb *f)
{
    r->in_frame = true;
    r->got = 0;
    buf_reset(&r->control);
    return judge(r, f);
}

static int take(struct ws_reader *r, const struct wslay_frame_iocb *f, struct buf *out)
{
    const int verdict = r->in_frame ? READ_ON : begin_frame(r, f);

    if (verdict != READ_ON)
        return verdict;
    buf_str(wslay_is_ctrl_frame(f->opcode) ? &r->control : &r->message,
            (struct str){(const char *)f->data, f->data_length});
    r->got += f->data_length;
    return r->got == f->payload_length ? end_frame(r, f, out) : READ_ON;
}

bool ws_read(struct ws_reader *r, struct str bytes, struct buf *out)
{
    int verdict = READ_ON;

    r->unread = bytes;
    while (verdict == READ_ON) {
        struct wslay_frame_iocb f = {0};
        const ssize_t n = wslay_frame_recv(r->wslay, &f);
        if (n == WSLAY_ERR_WANT_READ)
            return true;
        verdict = n < 0 ? WS_PROTOCOL : take(r, &f, out);
    }
    if (verdict != SAID_CLOSE)
        ws_frame_close_write(out, (enum ws_code)verdict, STR(""));
    return false;
}

// --- a life --------------------------------------------------------------------------------------

struct ws_reader *ws_reader_create(const struct ws_reader_options *o)
{
    static const struct wslay_frame_callbacks callbacks = {.recv_callback = on_receive};
    struct ws_reader *r = NEW(struct ws_reader);

    r->o = *o;
    buf_init(&r->message, o->max_message);
    buf_init(&r->control, WS_CONTROL_MAX);
    if (wslay_frame_context_init(&r->wslay, &callbacks, r) != 0)
        mem_exhausted();
    return r;
}

void ws_reader_destroy(struct ws_reader *r)
{
    if (!r)
        return;
    wslay_frame_context_free(r->wslay);
    buf_finish(&r->message);
    buf_finish(&r->control);
    free(r);
}
