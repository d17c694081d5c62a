/* SPDX-License-Identifier: MIT */
/* What --version prints; the first entry of debian/changelog has it, too. */
#ifndef RELEASE_H
#define RELEASE_H

#define RELEASE "1.0.0"

#endif
