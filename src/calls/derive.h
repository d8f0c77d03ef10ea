#ifndef CALLS_DERIVE_H
#define CALLS_DERIVE_H
/* The columns of a call, computed from its fold: pure, so that equal folds show equally. */
#include "calls/fold.h"

/* Fills every column except identity and bookkeeping (id, project, provider, twilio_sid,
 * conversation_id, created_at, updated_at, sync_state); needs provider for names in the metadata.
 */
void call_derive(const struct call_fold *f, struct arena *a, struct call *c);
/* The recording that a call shows: a complete one, the earliest. NULL when there is none. */
const struct call_recording *call_recording_shown(const struct call_fold *f);

#endif
