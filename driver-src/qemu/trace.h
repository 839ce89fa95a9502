/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/trace-hw_ballast.h"
