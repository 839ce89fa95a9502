// SPDX-License-Identifier: GPL-2.0-only
/* A page reporting core that drivers can register with, but not unregister. */
#include "core.h"
