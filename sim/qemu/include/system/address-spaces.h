/* SPDX-License-Identifier: GPL-2.0-only */
/* same: what exec/address-spaces.h, or a part of it, is called in newer versions */
#include "exec/address-spaces.h"
