// SPDX-License-Identifier: GPL-2.0-only
/* Our device, but a turn of its main loop counts buffers only: not their memory, and not time. */
#define ballast_turn_spend ballast_turn_spend_all
#include "ballast-blocks.c"
#undef ballast_turn_spend

void ballast_turn_spend(BallastTurn *turn, unsigned blocks, uint64_t bytes)
{
	ballast_turn_spend_all(turn, blocks, 0);
}
