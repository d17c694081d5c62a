/* SPDX-License-Identifier: MIT */
/* For tests of code that returns errors as values. */
#ifndef ERROR_VALUE_H
#define ERROR_VALUE_H

#include "lib/error.h"

/* Its code; if there is one, the number that is named goes to @bad. */
static inline enum error_code error_split(struct error e, uint64_t *bad)
{
	if (e.kind == ERROR_WORD)
		*bad = e.from;
	else if (e.kind == ERROR_WORD_OF_DISTANCE)
		*bad = 0;
	else if (e.code)
		*bad = e.value;
	return e.code;
}

static inline struct text error_said(struct error e)
{
	if (e.kind == ERROR_WORD || e.kind == ERROR_WORD_OF_DISTANCE)
		return (struct text){e.word, e.word_len};
	return TEXT("none");
}

#endif
