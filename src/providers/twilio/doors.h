#ifndef PROVIDERS_TWILIO_DOORS_H
#define PROVIDERS_TWILIO_DOORS_H
/*
 * Twilio's four doors. An account's config is a `struct twilio_routing` (twiml.h).
 *
 * An event is the same when its own fields say so, whatever headers it came with:
 *
 *     voice-inbound     inbound:<CallSid>
 *     voice-status      call:<CallSid>:<CallStatus>:<Timestamp, unix>:<SequenceNumber>
 *     recording-status  recording:<RecordingSid>:<RecordingStatus>
 *     dial-action       dial:<CallSid>:<DialCallSid>:<DialCallStatus>
 *
 * The digest of the body stands in for a field that should tell events apart and is absent; a key
 * that is too long or not plain text is replaced by its own digest. Events of one call are handled
 * in one lane, that of its parent.
 */
#include "inbox/door.h"

enum { TWILIO_DOORS = 4 };

extern const struct door twilio_doors[TWILIO_DOORS];

#endif
