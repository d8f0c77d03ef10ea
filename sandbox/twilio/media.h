#ifndef SANDBOX_TWILIO_MEDIA_H
#define SANDBOX_TWILIO_MEDIA_H
/* What a recording sounds like: nobody speaks in here, so it is a soft tone that comes and goes. */
#include "base/buf.h"

/* A WAV file, 8 kHz, one channel, of so many seconds. False when it does not fit. */
bool media_wav(int64_t seconds, struct buf *out) CHECK_RESULT;

#endif
