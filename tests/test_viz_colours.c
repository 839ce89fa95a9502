// SPDX-License-Identifier: GPL-2.0-only
/*
 * The viewer's colours can be told apart by whoever looks, and its text has contrast.
 */
#include "suite.h"

#include "skip.h"

#ifndef BALLAST_PICTURES
Suite *test_suite(int argc, char **argv)
{
	skip_tests(4, "pictures need libpng, FreeType and DejaVu Sans when they are built (make "
		       "deps-viz)");
	return suite_create("viz_colours");
}
#else

#include <math.h>
#include <string.h>

#include "palette.h"

/* Colours: Machado, Oliveira and Fernandes (2009), severity 1, in linear light; difference in
 * CIELAB. */

static const double blindness[4][3][3] = {
	{ { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } },
	{ { 0.152286, 1.052583, -0.204868 }, { 0.114503, 0.786281, 0.099216 },
	  { -0.003882, -0.048116, 1.051998 } },
	{ { 0.367322, 0.860646, -0.227968 }, { 0.280085, 0.672501, 0.047413 },
	  { -0.011820, 0.042940, 0.968881 } },
	{ { 1.255528, -0.076749, -0.178779 }, { -0.078411, 0.930809, 0.147602 },
	  { 0.004733, 0.691367, 0.303900 } },
};

static double linear(uint32_t channel)
{
	double v = channel / 255.0;

	return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double lab_f(double t)
{
	return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116;
}

static void seen_as(uint32_t color, unsigned int how, double lab[3])
{
	double in[3] = { linear(color >> 16 & 255), linear(color >> 8 & 255), linear(color & 255) };
	double out[3], x, y, z;

	for (unsigned int i = 0; i < 3; i++) {
		out[i] = 0;
		for (unsigned int k = 0; k < 3; k++)
			out[i] += blindness[how][i][k] * in[k];
		out[i] = out[i] < 0 ? 0 : out[i] > 1 ? 1 : out[i];
	}
	x = (0.4124 * out[0] + 0.3576 * out[1] + 0.1805 * out[2]) / 0.95047;
	y = 0.2126 * out[0] + 0.7152 * out[1] + 0.0722 * out[2];
	z = (0.0193 * out[0] + 0.1192 * out[1] + 0.9505 * out[2]) / 1.08883;
	lab[0] = 116 * lab_f(y) - 16;
	lab[1] = 500 * (lab_f(x) - lab_f(y));
	lab[2] = 200 * (lab_f(y) - lab_f(z));
}

/* Each color from each of the others, for each kind of sight. */
static void check_apart(const uint32_t *color, unsigned int nr, const char *what)
{
	for (unsigned int how = 0; how < 4; how++)
		for (unsigned int i = 0; i < nr; i++)
			for (unsigned int k = 0; k < i; k++) {
				double a[3], b[3], d;

				seen_as(color[i], how, a);
				seen_as(color[k], how, b);
				d = sqrt(pow(a[0] - b[0], 2) + pow(a[1] - b[1], 2) +
					 pow(a[2] - b[2], 2));
				ck_assert_msg(d >= 10, "%s %u and %u, sight %u: %.1f", what, i, k,
					      how, d);
			}
}

START_TEST(colours_can_be_told_apart_by_whoever_looks)
{
	const struct palette *p = &palettes[_i];
	uint32_t colors[NR_CAUSES + NR_PARTS], pair[3] = { p->swap_out, p->swap_in, p->lane };

	memcpy(colors, p->part, sizeof(p->part));
	colors[NR_PARTS] = p->swapped;
	check_apart(colors, NR_PARTS + 1, "part");
	check_apart(p->cause, NR_CAUSES, "cause");
	check_apart(pair, 3, "traffic");
	for (unsigned int i = 0; i < NR_SHADES; i++) {
		uint32_t next[2] = { p->shade[i], p->shade[(i + 1) % NR_SHADES] };

		check_apart(next, 2, "shade");
	}
}
END_TEST

/* 4.5 : 1, as WCAG 2 asks for. */
static double contrast(uint32_t a, uint32_t b)
{
	double l[2];

	for (unsigned int i = 0; i < 2; i++) {
		uint32_t c = i ? b : a;

		l[i] = 0.2126 * linear(c >> 16 & 255) + 0.7152 * linear(c >> 8 & 255) +
		       0.0722 * linear(c & 255);
	}
	return (fmax(l[0], l[1]) + 0.05) / (fmin(l[0], l[1]) + 0.05);
}

START_TEST(text_has_contrast)
{
	const struct palette *p = &palettes[_i];

	ck_assert_double_ge(contrast(p->text, p->back), 7);
	ck_assert_double_ge(contrast(p->dim, p->back), 4.5);
	ck_assert_double_ge(contrast(p->text, p->lane), 7);
	ck_assert_double_ge(contrast(p->alarm, p->back), 4.5);
	ck_assert_double_ge(contrast(p->back, p->select), 4.5);
	ck_assert_double_ge(contrast(p->back, p->target), 4.5);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("viz_colours");
	TCase *t = tcase_create("viz_colours");

	tcase_add_loop_test(t, colours_can_be_told_apart_by_whoever_looks, 0, NR_THEMES);
	tcase_add_loop_test(t, text_has_contrast, 0, NR_THEMES);
	suite_add_tcase(s, t);
	return s;
}

#endif
