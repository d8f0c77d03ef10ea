#ifndef WS_FRAME_H
#define WS_FRAME_H
/* Frames of a server (RFC 6455 section 5): whole messages, not masked, the same for every peer. */
#include "base/buf.h"

enum ws_opcode {
    WS_TEXT = 0x1,
    WS_BINARY = 0x2,
    WS_CLOSE = 0x8,
    WS_PING = 0x9,
    WS_PONG = 0xA,
};

/* Why a WebSocket ends (section 7.4.1). */
enum ws_code {
    WS_NORMAL = 1000,
    WS_GOING_AWAY = 1001,
    WS_PROTOCOL = 1002,
    WS_UNSUPPORTED = 1003,
    WS_NOT_UTF8 = 1007,
    WS_POLICY = 1008,
    WS_TOO_LARGE = 1009,
};

enum { WS_CONTROL_MAX = 125 }; /* bytes of a control frame's payload */

void ws_frame_write(struct buf *out, enum ws_opcode opcode, struct str payload);
/* A Close; of the reason as much as fits. */
void ws_frame_close_write(struct buf *out, enum ws_code code, struct str reason);

#endif
