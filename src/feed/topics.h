#ifndef FEED_TOPICS_H
#define FEED_TOPICS_H
/*
 * What a client wants to hear of: a set of event types, given by their names or, for all of a kind,
 * as "call.*". Types that the table of types.c does not have come only to those who want
 * everything. Progress is no event, has no number, and comes only to those who name it.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"

typedef uint64_t feed_topics; /* a bit for each type */

enum { FEED_TYPE_UNKNOWN = 63 };

#define FEED_TOPIC(type) ((feed_topics)1 << (type))
/* "job.progress": see feed/progress.c */
#define FEED_TOPIC_PROGRESS FEED_TOPIC(62)
/* All events, known or not. */
#define FEED_TOPICS_ALL (UINT64_MAX & ~FEED_TOPIC_PROGRESS)

/* The name of the topic, and the type of its messages. */
#define FEED_PROGRESS STR("job.progress")

/* Its place in the table, or FEED_TYPE_UNKNOWN. */
unsigned feed_type_of(struct str type);
/* One more topic; refuses what no event could have. */
bool feed_topics_add(feed_topics *topics, struct str topic, struct err *e) CHECK_RESULT;
/* "call.*,recording.ready", LIMIT_TOPICS at most. */
bool feed_topics_parse(struct str list, feed_topics *ret, struct err *e) CHECK_RESULT;
/* As a list of types; ["*"] for all events. */
void feed_topics_write(struct json_writer *w, feed_topics topics);

#endif
