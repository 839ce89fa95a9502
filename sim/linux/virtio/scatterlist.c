// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scatterlists (lib/scatterlist.c), without chaining.
 */
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/string.h>

void sg_init_table(struct scatterlist *sg, unsigned int nents)
{
	memset(sg, 0, nents * sizeof(*sg));
	sg_mark_end(&sg[nents - 1]);
}

void sg_set_buf(struct scatterlist *sg, const void *buf, unsigned int len)
{
	sg_set_page(sg, virt_to_page(buf), len, offset_in_page(buf));
}

void sg_init_one(struct scatterlist *sg, const void *buf, unsigned int len)
{
	sg_init_table(sg, 1);
	sg_set_buf(sg, buf, len);
}
