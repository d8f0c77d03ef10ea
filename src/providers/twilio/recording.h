#ifndef PROVIDERS_TWILIO_RECORDING_H
#define PROVIDERS_TWILIO_RECORDING_H
/*
 * A recording's audio, from Twilio's media API.
 *
 * The URL that a callback tells has no extension: `.wav` keeps two channels, which are the caller
 * and the callee, and takes four times the room; so it is asked for two channels that fit, and
 * `.mp3` for everything else. The account's sid and token are shown to Twilio's own hosts alone, or
 * to the one host that is configured in their stead.
 */
#include "providers/provider.h"

/* "https://api.twilio.com" stands for all of Twilio's hosts, any other for itself. */
bool twilio_recording_is_ours(struct str url, struct str base_url, struct arena *a) CHECK_RESULT;
/* ".wav" or ".mp3", for so much room. */
struct str twilio_recording_suffix(const struct call_recording *r, size_t room);

provider_recording_fn twilio_recording;

#endif
