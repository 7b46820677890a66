/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A TLS secret on its way from a program that made it to user space, included by both sides. */
#ifndef PTCPDUMP_SECRET_H
#define PTCPDUMP_SECRET_H

#include "record.h"

#define SECRET_LABEL 40         /* the longest label, CLIENT_HANDSHAKE_TRAFFIC_SECRET, has 31 characters */
#define SECRET_LABEL_GO 32      /* those of Go have no NUL; a power of two */
#define SECRET_RANDOM 32        /* ClientHello.random (RFC 8446, 4.1.2) */
#define SECRET_MAX 64           /* secrets have the size of the hash: 32, 48 or 64; those of TLS 1.2 have 48 */
#define SECRET_TRANSCRIPT 48    /* the hash of a handshake's messages: SHA-256 or SHA-384 (RFC 8446, 4.4.1) */
#define SECRET_BUFFER (4 << 20)

/* The cookie of a probe. For functions in C it tells where the client's random is: at object + offset, or where a
 * pointer stands between at *(object + pointer) + offset. */
#define COOKIE_INDIRECT(cookie) ((cookie) & 1)
#define COOKIE_POINTER(cookie) ((cookie) >> 16 & 0xffff)
#define COOKIE_OFFSET(cookie) ((cookie) >> 32 & 0xffff)
#define COOKIE_LIBRARY(cookie) ((cookie) >> 48)         /* whose function it is: a number of user space's */

struct secret {
	u64 time;               /* CLOCK_MONOTONIC, ns */
	struct owner owner;     /* of the thread that called the function */
	u32 length;             /* of the secret */
	u16 library;
	u8 derived;             /* not a secret of a key log, but what one is derived from: see transcript */
	u8 transcript_length;
	char label[SECRET_LABEL];       /* with NULs to the end */
	u8 random[SECRET_RANDOM];
	u8 secret[SECRET_MAX];
	/* derived: label is that of HKDF-Expand-Label (RFC 8446, 7.1), secret what is expanded, and this the context */
	u8 transcript[SECRET_TRANSCRIPT];
};

/* Counters, one set a CPU */
struct secret_counters {
	u64 lost;               /* the buffer was full */
	u64 unreadable;         /* memory of the program that was not there, or no secret */
};

#endif
