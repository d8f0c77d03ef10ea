#ifndef BENCH_SINK_H
#define BENCH_SINK_H
/*
 * A server that does nothing, to prove the generator: what it cannot do here it cannot measure
 * elsewhere. Answers 204 to every request; `GET /stream` becomes an endless stream of one frame.
 */
#include <stdint.h>

/* Serves until the time is over. `frame` is the text of one server-sent event. */
void sink_run(uint16_t port, const char *frame, double seconds);

#endif
