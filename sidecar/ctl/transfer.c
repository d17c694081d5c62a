/* SPDX-License-Identifier: MIT */
/*
 * The files of run --in and --out. The input is read as a whole before the job
 * begins; the output is written when it has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "report.h"
#include "transfer.h"

#define IN_MAX	   (UINT64_C(1) << 32)
#define FIRST_ROOM 65536u
#define DETAIL_MAX 512u

/* Where a job's output goes. */
static struct output {
	const char *name;
	int fd;
	int error; /* of a write */
	bool detached;
} output = {.fd = -1};

static bool report_file(struct ctl *c, const char *which, const char *name,
			int error)
{
	char detail[DETAIL_MAX];

	snprintf(detail, sizeof(detail), "%s %s: %s", which, name,
		 strerror(error));
	report_all_text(c, SIDECAR_E_SYSTEM, detail);
	return false;
}

/* ---- Input -------------------------------------------------------------- */

static bool more_room(char **p, size_t *room)
{
	size_t wanted = *room ? 2 * *room : FIRST_ROOM;
	char *more;

	if (wanted > IN_MAX) {
		errno = EFBIG;
		return false;
	}
	more = realloc(*p, wanted);
	if (!more)
		return false;
	*p = more;
	*room = wanted;
	return true;
}

/* To its end; false with errno set. */
static bool read_to_end(int fd, char **p, size_t *bytes)
{
	size_t room = 0;
	ssize_t n = 1;

	while (n) {
		if (*bytes == room && !more_room(p, &room))
			return false;
		n = read(fd, *p + *bytes, room - *bytes);
		if (n < 0 && errno != EINTR)
			return false;
		*bytes += n > 0 ? (size_t)n : 0;
	}
	return true;
}

static bool read_input(struct ctl *c, struct sidecar_job *job)
{
	bool is_stdin = !strcmp(c->in, "-");
	int fd = is_stdin ? 0 : open(c->in, O_RDONLY | O_CLOEXEC);
	char *p = NULL;
	size_t bytes = 0;
	bool ok = fd >= 0 && read_to_end(fd, &p, &bytes);
	int error = errno;

	if (fd > 0)
		close(fd);
	job->input = p;
	job->input_bytes = bytes;
	return ok || report_file(c, "input", c->in, error);
}

/* ---- Output ------------------------------------------------------------- */

/* A write that is cut short is repeated, for its error. */
static void write_output(void *arg, const void *p, size_t bytes)
{
	struct output *o = arg;
	const char *from = p;
	ssize_t n;

	while (bytes && !o->error) {
		n = write(o->fd, from, bytes);
		if (n < 0 && errno != EINTR)
			o->error = errno;
		else if (n > 0) {
			from += n;
			bytes -= (size_t)n;
		}
	}
	/* nobody else would hear of it */
	if (o->error && o->detached)
		syslog(LOG_ERR, "output %s: %s", o->name, strerror(o->error));
}

static bool open_output(struct ctl *c, struct sidecar_job *job)
{
	bool is_stdout = !strcmp(c->out, "-");

	output = (struct output){.name = c->out, .detached = c->detach};
	output.fd = is_stdout ? dup(1)
			      : open(c->out,
				     O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
				     0666);
	if (output.fd < 0)
		return report_file(c, "output", c->out, errno);
	if (is_stdout)
		c->show.to = stderr;
	job->output = write_output;
	job->output_arg = &output;
	return true;
}

bool transfer_begin(struct ctl *c, struct sidecar_job *job)
{
	if (c->in || c->out)
		job->run_flags |= JOB_RUN_IO;
	return (!c->in || read_input(c, job)) &&
	       (!c->out || open_output(c, job));
}

void transfer_end(struct ctl *c, struct sidecar_job *job)
{
	char detail[DETAIL_MAX];

	free((void *)job->input);
	if (output.fd < 0)
		return;
	if (close(output.fd) && !output.error)
		output.error = errno;
	output.fd = -1;
	if (!output.error)
		return;
	snprintf(detail, sizeof(detail), "output %s: %s", c->out,
		 strerror(output.error));
	show_error(&c->show, -1, SIDECAR_E_SYSTEM, detail);
	report_exit(c, SIDECAR_E_SYSTEM);
}
