#include "http/internal.h"

/*
 * The bytes of an answer's head. A status line comes preformatted with the fields that every answer
 * has; the date is formatted once per second and loop.
 */

static struct str status_line(int status)
{
    static const struct {
        int status;
        const char *text;
    } lines[] = {
#define X(code, reason)                                                                            \
    {code, "HTTP/1.1 " #code " " reason "\r\nX-Content-Type-Options: nosniff\r\nDate: "},
        X(200, "OK") X(201, "Created") X(202, "Accepted") X(204, "No Content")
            X(301, "Moved Permanently") X(302, "Found") X(303, "See Other") X(304, "Not Modified")
                X(307, "Temporary Redirect") X(308, "Permanent Redirect") X(400, "Bad Request") X(
                    401, "Unauthorized") X(403, "Forbidden") X(404, "Not Found")
                    X(405, "Method Not Allowed") X(406, "Not Acceptable") X(408, "Request Timeout")
                        X(409, "Conflict") X(410, "Gone") X(411, "Length Required")
                            X(412, "Precondition Failed") X(413, "Content Too Large")
                                X(414, "URI Too Long") X(415, "Unsupported Media Type")
                                    X(417, "Expectation Failed") X(422, "Unprocessable Content")
                                        X(429, "Too Many Requests")
                                            X(431, "Request Header Fields Too Large")
                                                X(500, "Internal Server Error")
                                                    X(501, "Not Implemented") X(502, "Bad Gateway")
                                                        X(503, "Service Unavailable")
                                                            X(504, "Gateway Timeout")
                                                                X(505, "HTTP Version Not Supported")
#undef X
    };

    for (size_t i = 0; i < LEN(lines); i++)
        if (lines[i].status == status)
            return str_from(lines[i].text);
    assert(!"a status without its line");
    return STR_NONE;
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
