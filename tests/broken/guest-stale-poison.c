// SPDX-License-Identifier: GPL-2.0-only
/* Reports free pages of a guest that relies on their poison, without telling the host of it. */
#include "broken.h"

static const struct broken_ops broken_ops;
