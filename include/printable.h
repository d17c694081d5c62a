/* SPDX-License-Identifier: MIT */
/*
 * Text that somebody else wrote, as it may be shown: a job's, the vCPU's, the
 * boot log. What a terminal could take for a command becomes a '?'.
 */
#ifndef PRINTABLE_H
#define PRINTABLE_H

/* A byte of a single line: ASCII, no control character. */
static inline char printable(char c)
{
	return c >= ' ' && c <= '~' ? c : '?';
}

/* A byte of text of many lines: newlines and tabs stay. */
static inline char printable_text(char c)
{
	return c == '\n' || c == '\t' ? c : printable(c);
}

#endif
