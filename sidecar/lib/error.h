/* SPDX-License-Identifier: MIT */
/* libsidecar: the line about the error of the last call. */
#ifndef SIDECAR_LIB_ERROR_H
#define SIDECAR_LIB_ERROR_H

#include "handle.h"

/* Sets the line and returns @e. */
enum sidecar_error error_set(struct sidecar *s, enum sidecar_error e,
			     const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with who it is about: Linux's CPU, vCPU id, APIC id. */
enum sidecar_error error_vcpu(const struct sidecar_vcpu *v,
			      enum sidecar_error e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* @v has nothing in the sidecar: it is a base vCPU. */
enum sidecar_error error_base_vcpu(const struct sidecar_vcpu *v);
/* For messages: the longest wait. */
uint32_t error_timeout_ms(const struct sidecar *s);

#endif
