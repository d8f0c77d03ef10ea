#ifndef INBOX_RECORD_H
#define INBOX_RECORD_H
/*
 * The spool's file format: a header, then records, each one inbox item.
 *
 *     file    "HSSPOOL1"
 *     record  mark (4) · length (4) · CRC-32 of the length and the bytes (4) · bytes
 *     bytes   project (8) · received_at (8) · eleven texts, each its length + 1 (4; 0: none) and
 * bytes
 *
 * The first files had ten texts in a record, without the account; such records are read as well.
 * Integers are little-endian. The mark makes it possible to go on behind a damaged record: a
 * reader looks for the next place where mark, length and checksum all agree.
 */
#include "inbox/inbox.h"

struct buf;

#define RECORD_FILE_HEAD STR("HSSPOOL1")

enum {
    RECORD_HEAD = 12,
    RECORD_MAX = 4 * 1024 * 1024, /* more than any item that a door lets in */
};

void record_write(struct buf *out, const struct inbox_item *item);

enum record_found {
    RECORD_ITEM,    /* *ret is filled with views of the input */
    RECORD_END,     /* nothing is left */
    RECORD_DAMAGED, /* something unreadable was passed over */
    RECORD_TORN,    /* all that is left is the beginning of a record */
};

/* Takes the next record off the front of `in`, which stands behind the file's header. */
enum record_found record_next(struct str *in, struct inbox_item *ret);

#endif
