#include "feed/view.h"

#include "base/json.h"
#include "http/http.h"
#include "sse/sse.h"
#include "ws/frame.h"

enum { MESSAGE_MAX = 1024 * 1024, ID_MAX = 128 };

// --- two framings --------------------------------------------------------------------------------

/* A browser that reconnects names this id: with the epoch, it is told of another history. */
static void write_id(struct buf *id, struct str epoch, int64_t seq)
{
    buf_str(id, epoch);
    buf_char(id, ':');
    buf_i64(id, seq);
}

/* epoch: STR_NONE when the message is no place to go on from. */
static void frame(enum feed_view v, struct buf *out, struct str epoch, int64_t seq,
                  const struct buf *message)
{
    struct buf id;

    if (!buf_ok(message))
        return;
    if (v == FEED_SOCKET) {
        ws_frame_write(out, WS_TEXT, buf_view(message));
        return;
    }
    buf_init(&id, ID_MAX);
    if (!str_is_none(epoch))
        write_id(&id, epoch, seq);
    sse_frame_write(out, str_is_none(epoch) ? STR_NONE : buf_view(&id), STR_NONE,
                    buf_view(message));
    buf_finish(&id);
}

static void open_message(struct json_writer *w, struct buf *message, struct str type)
{
    buf_init(message, MESSAGE_MAX);
    json_init(w, message);
    json_open_object(w);
    json_member_str(w, STR("type"), type);
}

static void close_message(enum feed_view v, struct buf *out, struct json_writer *w)
{
    json_close_object(w);
    frame(v, out, STR_NONE, 0, w->out);
    buf_finish(w->out);
}

// --- messages ------------------------------------------------------------------------------------

static bool show_event(enum feed_view v, struct buf *out, const struct feed_item *item,
                       struct str epoch)
{
    struct buf message;

    buf_init(&message, MESSAGE_MAX);
    feed_envelope(&message, item, epoch);
    const bool fits = buf_ok(&message);
    frame(v, out, epoch, item->seq, &message);
    buf_finish(&message);
    return fits;
}

bool feed_view_event(enum feed_view v, struct buf *out, const struct feed_item *item,
                     struct str epoch)
{
    return v == FEED_CALLS ? feed_frame_event(out, item, epoch) : show_event(v, out, item, epoch);
}

void feed_view_connected(enum feed_view v, struct buf *out, struct str epoch, int64_t last_seq,
                         usec_t now)
{
    struct json_writer w;
    struct buf message;

    if (v == FEED_CALLS) {
        feed_frame_connected(out, epoch, last_seq, now);
        return;
    }
    open_message(&w, &message, STR("feed.connected"));
    json_member_str(&w, STR("epoch"), epoch);
    json_member_int(&w, STR("last_seq"), last_seq);
    json_member_time(&w, STR("server_time"), now);
    close_message(v, out, &w);
}

void feed_view_keepalive(enum feed_view v, struct buf *out, usec_t now)
{
    struct json_writer w;
    struct buf message;

    if (v == FEED_CALLS) {
        feed_frame_keepalive(out, now);
        return;
    }
    open_message(&w, &message, STR("feed.keepalive"));
    json_member_time(&w, STR("server_time"), now);
    close_message(v, out, &w);
}

void feed_view_resync(enum feed_view v, struct buf *out, const struct feed_resync_point *p)
{
    struct json_writer w;
    struct buf message;

    if (v == FEED_CALLS) {
        feed_frame_resync(out, p);
        return;
    }
    open_message(&w, &message, STR("feed.resync"));
    json_member_str(&w, STR("reason"), feed_resync_name(p->reason));
    json_member_str(&w, STR("epoch"), p->epoch);
    json_member_int(&w, STR("first_seq"), p->first_seq);
    json_member_int(&w, STR("last_seq"), p->last_seq);
    close_message(v, out, &w);
}

void feed_view_ended(enum feed_view v, struct buf *out, struct str reason)
{
    struct json_writer w;
    struct buf message;

    if (v == FEED_CALLS) {
        feed_frame_ended(out, reason);
        return;
    }
    open_message(&w, &message, STR("feed.ended"));
    json_member_str(&w, STR("reason"), reason);
    close_message(v, out, &w);
}

void feed_view_position(enum feed_view v, struct buf *out, struct str epoch, int64_t seq)
{
    struct json_writer w;
    struct buf message;

    assert(v != FEED_CALLS);
    open_message(&w, &message, STR("feed.position"));
    json_member_int(&w, STR("seq"), seq);
    json_member_str(&w, STR("epoch"), epoch);
    json_close_object(&w);
    frame(v, out, epoch, seq, &message);
    buf_finish(&message);
}

void feed_view_progress(enum feed_view v, struct buf *out, struct str runs)
{
    struct json_writer w;
    struct buf message;

    assert(v != FEED_CALLS);
    open_message(&w, &message, FEED_PROGRESS);
    json_member_raw(&w, STR("runs"), runs);
    close_message(v, out, &w);
}

void feed_view_subscribed(struct buf *out, feed_topics topics, struct str epoch, int64_t seq)
{
    struct json_writer w;
    struct buf message;

    open_message(&w, &message, STR("feed.subscribed"));
    json_key(&w, STR("topics"));
    feed_topics_write(&w, topics);
    json_member_int(&w, STR("seq"), seq);
    json_member_str(&w, STR("epoch"), epoch);
    close_message(FEED_SOCKET, out, &w);
}

void feed_view_error(struct buf *out, const struct err *e, enum err_language language,
                     struct str trace_id)
{
    struct json_writer w;
    struct buf message, body;

    buf_init(&body, MESSAGE_MAX);
    http_error_body(&body, e, language, trace_id); // {"error":{…}}
    const struct str error = buf_view(&body);
    open_message(&w, &message, STR("feed.error"));
    json_member_raw(&w, STR("error"),
                    str_sub(error, sizeof "{\"error\":" - 1, error.n - sizeof "{\"error\":}" + 1));
    close_message(FEED_SOCKET, out, &w);
    buf_finish(&body);
}
