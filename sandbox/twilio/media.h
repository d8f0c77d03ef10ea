#ifndef SANDBOX_TWILIO_MEDIA_H
#define SANDBOX_TWILIO_MEDIA_H
/* What a recording sounds like: nobody speaks in here, so two tones take turns, as people would. */
#include "base/buf.h"

/* A WAV file, 8 kHz, of so many seconds: the caller and the callee in a channel each when it is
 * dual, else both in one. False when it does not fit. */
bool media_wav(int64_t seconds, bool dual, struct buf *out) CHECK_RESULT;
/* The same in one channel as MP3. */
bool media_mp3(int64_t seconds, struct buf *out) CHECK_RESULT;

#endif
