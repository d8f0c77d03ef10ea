#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H
/* What one durable write costs on this disk: n × (append 4 KB + fdatasync), timed one by one. */

/* Writes a scratch file in `dir`, prints one line of JSON, removes the file. */
void probe_run(const char *dir, unsigned n);

#endif
