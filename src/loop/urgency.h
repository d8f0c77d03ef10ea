#ifndef LOOP_URGENCY_H
#define LOOP_URGENCY_H
/*
 * How a thread shares a processor with the others. What a caller waits for (a door, the writer of
 * the inbox) is short and often sleeps: it should run at once when it wakes. What works for long
 * (the hash of a password) should make way at once, and have what is left.
 */
enum urgency {
    URGENCY_PROMPT,
    URGENCY_PATIENT,
};

/* For the calling thread, from now on. A system that knows no such thing, or refuses it, is none
 * the worse: threads then wait for one another a few milliseconds longer. */
void urgency_set(enum urgency u);

#endif
