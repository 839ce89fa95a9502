// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports in a browser: nothing is said on its console, and on paper each plot is on one page.
 */
#include "suite.h"

#include "report_run.h"
#include "skip.h"

#ifdef __SANITIZE_ADDRESS__
#define WITH_SANITIZERS true
#else
#define WITH_SANITIZERS false
#endif

#define CHROMIUM                                                                                   \
	"timeout 300 chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage "  \
	"--enable-logging=stderr --user-data-dir=$PWD/profile --no-pdf-header-footer "

/* What text of HTML says; of the entities, those that reports have. */
static char *plain(char *text)
{
	static const struct {
		const char *entity;
		char is;
	} entities[] = { { "&#39;", '\'' }, { "&quot;", '"' }, { "&amp;", '&' }, { "&gt;", '>' } };
	char *to = text;

	for (char *from = text; *from; to++) {
		unsigned int i, nr = sizeof(entities) / sizeof(entities[0]);

		for (i = 0; i < nr; i++)
			if (!strncmp(from, entities[i].entity, strlen(entities[i].entity)))
				break;
		*to = i < nr ? entities[i].is : *from;
		from += i < nr ? strlen(entities[i].entity) : 1;
	}
	*to = '\0';
	return text;
}

/* The last text of a picture that is a word: what an axis is, or the name of the last row. */
static char *last_text(const char *svg)
{
	const char *end = strstr(svg, "</svg>");
	char *found = NULL;

	for (const char *at = svg; (at = strstr(at, "<text")) && at < end; at++) {
		char *text = plain(until(strchr(at, '>') + 1, '<'));

		if (strlen(text) < 4) {
			free(text);
			continue;
		}
		free(found);
		found = text;
	}
	ck_assert_ptr_nonnull(found);
	return found;
}

/* A plot's title and its last text are on one page; @paper: pages end with a form feed. */
static void check_plot(const char *figure, const char *paper)
{
	char *title = plain(until(figure, '<')), *last = last_text(figure);
	const char *at = strstr(paper, title), *page;

	ck_assert_msg(at != NULL, "%s is not on paper", title);
	page = strchr(at, '\f');
	at = strstr(at, last);
	ck_assert_msg(at && at < page, "%s is cut: %s is not on its page", title, last);
	free(title);
	free(last);
}

static void check_page(const char *name, unsigned int plots)
{
	static const char caption[] = "<figcaption><b>";
	char line[1024], file[64], *html, *paper;
	unsigned int nr = 0;
	size_t size;

	snprintf(line, sizeof(line), CHROMIUM "--print-to-pdf=$PWD/r.pdf file://$PWD/%s.html "
		 "2>console && ! grep CONSOLE console && pdfinfo r.pdf | grep -q '(A4)' && "
		 "pdftotext r.pdf r.txt", name);
	well(line);
	snprintf(file, sizeof(file), "%s.html", name);
	html = read_file(file, &size);
	paper = read_file("r.txt", &size);
	for (const char *at = html; (at = strstr(at, caption)); nr++) {
		at += strlen(caption);
		check_plot(at, paper);
	}
	ck_assert_uint_ge(nr, plots);
	free(html);
	free(paper);
}

START_TEST(a_run_has_whole_plots)
{
	well("$B run first.dts --quiet --trace t && $B report t");
	check_page("t", 6);
	well(CHROMIUM "--window-size=1000,4000 --screenshot=$PWD/t.png file://$PWD/t.html "
	     "2>console; ! grep CONSOLE console && test -s t.png");
	/* a page that loads something would be found */
	well("sed 's|<main>|&<img src=\"http://localhost/x.png\">|' t.html >x.html; "
	     CHROMIUM "--screenshot=$PWD/x.png file://$PWD/x.html 2>console; "
	     "grep -q CONSOLE console");
}
END_TEST

START_TEST(a_comparison_has_whole_plots)
{
	well("$B compare first.dts --quiet --report c.html "
	     "--mechanisms host-swap,host-zram,reporting,hinting_v8,hinting_v9,vhost");
	check_page("c", 6);
}
END_TEST

START_TEST(published_experiments_have_whole_plots)
{
	well("sed 's/^\thost {/\tpublished { compatible = \"ballast,published\"; id = \"T\"; "
	     "source = \"nobody\"; f { compatible = \"ballast,figure\"; label = \"figure\"; "
	     "metric = \"guests-before-swap\"; value = <1>; }; };\\n&/' first.dts >p.dts");
	well("$B published p.dts --report p.html");
	check_page("p", 1);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("report_browser");
	TCase *tc = tcase_create("report_browser");

	if (!cli_environment())
		return NULL;
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, enter_scratch, leave_scratch);
	if (WITH_SANITIZERS) {
		skip_tests(3, "reports in a browser: pages are the same bytes without sanitizers");
	} else if (system("command -v chromium >/dev/null && command -v pdftotext >/dev/null")) {
		skip_tests(3, "reports in a browser: chromium or poppler-utils is not installed");
	} else {
		tcase_add_test(tc, a_run_has_whole_plots);
		tcase_add_test(tc, a_comparison_has_whole_plots);
		tcase_add_test(tc, published_experiments_have_whole_plots);
	}
	suite_add_tcase(s, tc);
	return s;
}
