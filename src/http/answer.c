#include "http/internal.h"

/*
 * The bytes of an answer's head. A status line comes preformatted with the fields that every answer
 * has; the date is formatted once per second and loop.
 */

#define LINE(status)                                                                               \
    {                                                                                              \
        "HTTP/1.1 " status "\r\nX-Content-Type-Options: nosniff\r\nDate: ",                        \
            sizeof("HTTP/1.1 " status "\r\nX-Content-Type-Options: nosniff\r\nDate: ") - 1         \
    }
static const struct str status_lines[] = {
    [101] = LINE("101 Switching Protocols"),
    [200] = LINE("200 OK"),
    [201] = LINE("201 Created"),
    [202] = LINE("202 Accepted"),
    [204] = LINE("204 No Content"),
    [301] = LINE("301 Moved Permanently"),
    [302] = LINE("302 Found"),
    [303] = LINE("303 See Other"),
    [304] = LINE("304 Not Modified"),
    [307] = LINE("307 Temporary Redirect"),
    [308] = LINE("308 Permanent Redirect"),
    [400] = LINE("400 Bad Request"),
    [401] = LINE("401 Unauthorized"),
    [403] = LINE("403 Forbidden"),
    [404] = LINE("404 Not Found"),
    [405] = LINE("405 Method Not Allowed"),
    [406] = LINE("406 Not Acceptable"),
    [408] = LINE("408 Request Timeout"),
    [409] = LINE("409 Conflict"),
    [410] = LINE("410 Gone"),
    [411] = LINE("411 Length Required"),
    [412] = LINE("412 Precondition Failed"),
    [413] = LINE("413 Content Too Large"),
    [414] = LINE("414 URI Too Long"),
    [415] = LINE("415 Unsupported Media Type"),
    [417] = LINE("417 Expectation Failed"),
    [422] = LINE("422 Unprocessable Content"),
    [426] = LINE("426 Upgrade Required"),
    [429] = LINE("429 Too Many Requests"),
    [431] = LINE("431 Request Header Fields Too Large"),
    [500] = LINE("500 Internal Server Error"),
    [501] = LINE("501 Not Implemented"),
    [502] = LINE("502 Bad Gateway"),
    [503] = LINE("503 Service Unavailable"),
    [504] = LINE("504 Gateway Timeout"),
    [505] = LINE("505 HTTP Version Not Supported"),
};
#undef LINE

static struct str status_line(int status)
{
    // An unlisted status is a bug of the handler.
    assert(status >= 0 && (size_t)status < LEN(status_lines) && status_lines[status].n > 0);
    return status_lines[status];
}

static void write_date(struct listener *home, struct buf *out)
{
    const usec_t second = clock_wall(home->server->o.clock) / SECONDS(1);

    if (home->date_n == 0 || second != home->date_at) {
        home->date_at = second;
        home->date_n = time_format_http(SECONDS(second), home->date);
    }
    buf_str(out, (struct str){home->date, home->date_n});
}

/* A value cannot end its line: what could is written as a blank. */
static void write_field(struct buf *out, struct str name, struct str value)
{
    buf_str(out, STR("\r\n"));
    buf_str(out, name);
    buf_str(out, STR(": "));
    const size_t at = out->n;
    buf_str(out, value);
    for (size_t i = at; i < out->n; i++)
        if (!http_is_value_byte((unsigned char)out->p[i]))
            out->p[i] = ' ';
}

bool answer_has_body(const struct http_answer *answer)
{
    return answer->status != 204 && answer->status != 304;
}

void answer_head_write(struct listener *home, const struct http_answer *answer,
                       const struct answer_form *form, struct buf *out)
{
    const int status = answer->status ? answer->status : 200;

    buf_str(out, status_line(status));
    write_date(home, out);
    if (!str_is_none(answer->type))
        write_field(out, STR("Content-Type"), answer->type);
    if (answer_has_body(answer)) {
        buf_str(out, STR("\r\nContent-Length: "));
        buf_u64(out, answer->body.n);
    }
    if (!form->keep)
        buf_str(out, STR("\r\nConnection: close"));
    else if (form->say_keep_alive)
        buf_str(out, STR("\r\nConnection: keep-alive"));
    for (size_t i = 0; i < answer->n_headers; i++)
        write_field(out, answer->headers[i].name, answer->headers[i].value);
    buf_str(out, STR("\r\n\r\n"));
}

void answer_stream_head_write(struct listener *home, struct str type, struct buf *out)
{
    buf_str(out, status_line(200));
    write_date(home, out);
    write_field(out, STR("Content-Type"), type);
    // The last one keeps a reverse proxy from collecting what should be seen at once.
    buf_str(out, STR("\r\nCache-Control: no-store\r\nConnection: close\r\nX-Accel-Buffering: no"
                     "\r\n\r\n"));
}

void answer_upgrade_head_write(struct listener *home, const struct http_upgrade *u, struct buf *out)
{
    buf_str(out, status_line(101));
    write_date(home, out);
    write_field(out, STR("Upgrade"), u->protocol);
    write_field(out, STR("Connection"), STR("Upgrade"));
    for (size_t i = 0; i < u->n_headers; i++)
        write_field(out, u->headers[i].name, u->headers[i].value);
    buf_str(out, STR("\r\n\r\n"));
}
