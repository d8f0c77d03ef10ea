#ifndef WS_WS_KIT_H
#define WS_WS_KIT_H
/* For tests and fuzzers: frames of a client, masked with zeros unless a test says otherwise. */
#include "base/buf.h"

enum { FRAME_TEXT = 0x81, FRAME_BINARY = 0x82, FRAME_CLOSE = 0x88, FRAME_PING = 0x89 };

/* first: FIN, reserved bits and opcode. */
static inline void client_frame(struct buf *out, unsigned first, struct str payload)
{
    const int n_length = payload.n <= 125 ? 0 : payload.n <= UINT16_MAX ? 2 : 8;

    buf_char(out, (char)first);
    buf_char(out, (char)(0x80 | (n_length == 0 ? payload.n : n_length == 2 ? 126 : 127)));
    for (int i = n_length; i > 0; i--)
        buf_char(out, (char)(payload.n >> 8 * (i - 1)));
    buf_str(out, (struct str){"\0\0\0\0", 4});
    buf_str(out, payload);
}

#endif
