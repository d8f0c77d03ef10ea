#include "ws/frame.h"

enum { FIN = 0x80, LENGTH_OF_2 = 126, LENGTH_OF_8 = 127 };

void ws_frame_write(struct buf *out, enum ws_opcode opcode, struct str payload)
{
    const int n_length = payload.n <= WS_CONTROL_MAX ? 0 : payload.n <= UINT16_MAX ? 2 : 8;

    buf_char(out, (char)(FIN | opcode));
    buf_char(out, (char)(n_length == 0 ? payload.n : n_length == 2 ? LENGTH_OF_2 : LENGTH_OF_8));
    for (int i = n_length; i > 0; i--)
        buf_char(out, (char)(payload.n >> 8 * (i - 1)));
    buf_str(out, payload);
}

void ws_frame_close_write(struct buf *out, enum ws_code code, struct str reason)
{
    char payload[WS_CONTROL_MAX] = {(char)(code >> 8), (char)code};
    const struct str fits = str_sub(reason, 0, WS_CONTROL_MAX - 2);

    if (fits.n > 0)
        memcpy(payload + 2, fits.p, fits.n);
    ws_frame_write(out, WS_CLOSE, (struct str){payload, fits.n + 2});
}
