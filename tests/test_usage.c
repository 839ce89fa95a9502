// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of commands and options (sim/cli/usage.h) against all that says the same: the help,
 * manual pages, completions of bash and zsh, and the commands themselves.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_run.h"
#include "shell_run.h"
#include "skip.h"
#include "suite.h"
#include "usage.h"

static const struct usage_command *command_nr(int nr)
{
	return &usage_commands[nr];
}

static int nr_commands(void)
{
	int nr = 0;

	while (usage_commands[nr].name)
		nr++;
	return nr;
}

/* The next option of the command number @nr, from @o on; NULL: there is none. */
static const struct usage_option *option_of(int nr, const struct usage_option *o)
{
	for (; o->name || o->doc; o++)
		if (o->commands & 1u << nr)
			return o;
	return NULL;
}

/* The list of a command's options, a line each, as the table has it. */
static void options_text(int nr, char *text, size_t size)
{
	const struct usage_option *o = usage_options;
	size_t n = 0;

	text[0] = '\0';
	while ((o = option_of(nr, o)) && n < size)
		n += snprintf(text + n, size - n, "%s\n", o++->name);
}

static char *page_of(const char *name)
{
	char path[PATH_MAX + 64];
	size_t size;

	snprintf(path, sizeof(path), "%s/docs/ballast-%s.1", top, name);
	return read_file(path, &size);
}

/* "--seed" as a manual page has it at the head of a paragraph: in mdoc, or, of one page, in man. */
static bool explains(const char *page, const char *option)
{
	char mdoc[64], man[64];
	size_t len;

	snprintf(man, sizeof(man), "\n.TP\n.BI \\%s ", option);
	if (strstr(page, man))
		return true;

	snprintf(mdoc, sizeof(mdoc), "%s%s", option[1] == '-' ? "Fl Fl " : "Fl ",
		 option + 1 + (option[1] == '-'));
	len = strlen(mdoc);
	for (const char *at = page; (at = strstr(at, "\n.It Fl")); at++) {
		const char *end = strchr(at + 1, '\n');

		for (const char *o = at; (o = strstr(o, mdoc)) && o < end; o++)
			if (o[len] == ' ' || o[len] == '\n')
				return true;
	}
	return false;
}

START_TEST(each_command_has_a_page_that_explains_its_options_and_no_others)
{
	const struct usage_option *o = usage_options;
	char *page = page_of(command_nr(_i)->name);

	while ((o = option_of(_i, o))) {
		ck_assert_msg(explains(page, o->name), "%s is not in ballast-%s.1", o->name,
			      command_nr(_i)->name);
		o++;
	}
	for (const char *at = page; (at = strstr(at, "\n.It Fl Fl ")); at++) {
		char name[64];
		bool known = false;

		ck_assert_int_eq(sscanf(at, "\n.It Fl Fl %58s", name), 1);
		for (o = usage_options; (o = option_of(_i, o)); o++)
			known = known || !strcmp(o->name + 2, name);
		ck_assert_msg(known, "ballast-%s.1 has --%s", command_nr(_i)->name, name);
	}
	free(page);
}
END_TEST

START_TEST(each_command_is_in_the_help_and_in_the_page_of_all)
{
	char line[128], path[PATH_MAX + 64], *page, *help;
	const struct usage_option *o;
	size_t size;
	int status;

	help = shell(&status, "'%s' help", command);
	snprintf(line, sizeof(line), "\n  %s ", command_nr(_i)->name);
	ck_assert_ptr_nonnull(strstr(help, line));
	for (o = usage_options; o->name; o++) {
		snprintf(line, sizeof(line), "  %s", o->name);
		ck_assert_msg(strstr(help, o->commands ? line : o->name) != NULL, "%s", o->name);
	}
	snprintf(path, sizeof(path), "%s/docs/ballast.1", top);
	page = read_file(path, &size);
	snprintf(line, sizeof(line), "\n.It Cm %s\n", command_nr(_i)->name);
	ck_assert_msg(strstr(page, line) != NULL, "%s is not in ballast.1", command_nr(_i)->name);
	free(page);
	free(help);
}
END_TEST

/* Those that read options one after the other: what is asked for first is not what is refused. */
START_TEST(commands_know_their_options)
{
	static const char *const before[] = { "run", "check", "real", "compare", "build-image",
					      "export csv x", "calibrate", "new", "record",
					      "diff" };
	const char *name = command_nr(_i)->name, *begin = NULL;
	const struct usage_option *o = usage_options;

	for (unsigned int i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (!strncmp(before[i], name, strlen(name)) &&
		    strchr(" ", before[i][strlen(name)]))
			begin = before[i];
	while (begin && (o = option_of(_i, o))) {
		const char *value = !o->value ? "" : !strcmp(o->value, "N") ? "8" :
				    !strcmp(o->value, "T") ? "1s" :
				    !strcmp(o->value, "summary|normal|full") ? "full" :
				    !strcmp(o->value, "PERCENT") ? "5" :
				    !strcmp(o->value, "QUANTITY") ? "rss" : "8";
		int status;
		char *said = shell(&status, "'%s' %s %s %s --none-such", command, begin, o->name,
				   value);

		ck_assert_int_eq(status, 2);
		ck_assert_msg(strstr(said, "--none-such") != NULL, "%s %s: %s", begin, o->name,
			      said);
		free(said);
		o++;
	}
}
END_TEST

#define BASH "bash --norc -c 'source <(\"$COMMAND\" completion bash); " \
	"COMP_WORDS=(\"$COMMAND\" %s); " \
	"COMP_CWORD=%u; _ballast; printf \"%%s\\n\" \"${COMPREPLY[@]}\"' 2>/dev/null"
#define ZSH "zsh -f -c 'compdef() { :; }; compadd() { shift; print -rl -- \"$@\"; }; " \
	"_files() { print -r files $@; }; source <(\"$COMMAND\" completion zsh); " \
	"words=(\"$COMMAND\" %s); CURRENT=%u; _ballast'"

static bool has_zsh(void)
{
	return !system("command -v zsh >/dev/null");
}

/* @at: which word is being completed, from 1 on. */
static char *complete(const char *shell_line, const char *words, unsigned int at)
{
	int status;

	setenv("COMMAND", command, 1);
	return shell(&status, shell_line, words, at);
}

static void offers_all_options(const char *shell_line, unsigned int at, int nr)
{
	char words[64], want[4096], *said;

	snprintf(words, sizeof(words), "%s -", command_nr(nr)->name);
	options_text(nr, want, sizeof(want));
	said = complete(shell_line, words, at);
	/* Bash prints an empty line for nothing. */
	ck_assert_str_eq(strcmp(said, "\n") ? said : "", want);
	free(said);
}

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

START_TEST(bash_offers_each_commands_options)
{
	offers_all_options(BASH, 2, _i);
}
END_TEST

START_TEST(zsh_offers_each_commands_options)
{
	offers_all_options(ZSH, 3, _i);
}
END_TEST

static void offers(const char *shell_line, const char *words, unsigned int at, const char *want)
{
	char *said = complete(shell_line, words, at);

	ck_assert_msg(strstr(said, want) != NULL, "%s: %s", words, said);
	free(said);
}

/* What comes first, values of options, and operands, by their kinds. */
static void offers_the_rest(const char *shell_line, unsigned int first)
{
	char name[64];

	for (int i = 0; i < nr_commands(); i++) {
		snprintf(name, sizeof(name), "%s\n", command_nr(i)->name);
		offers(shell_line, "\"\"", first, name);
	}
	offers(shell_line, "run --detail \"\"", first + 2, "summary\nnormal\nfull\n");
	offers(shell_line, "real --accel \"\"", first + 2, "tcg\nkvm\n");
	offers(shell_line, "export \"\"", first + 1, "csv\nctf\nperfetto\nsqlite\n");
	offers(shell_line, "trace \"\"", first + 1, "report\ndump\ncsv\nwhy\n");
	offers(shell_line, "run \"\"", first + 1, "published/p4.dts\n");
}

START_TEST(bash_offers_commands_values_and_scenarios)
{
	offers_the_rest(BASH, 1);
	write_file("mine.dts", "", 0);
	offers(BASH, "run mi", 2, "mine.dts\n");
	offers(BASH, "run --overlay mi", 3, "mine.dts\n");
	offers(BASH, "run --seed \"\"", 3, "\n");
}
END_TEST

START_TEST(zsh_offers_commands_values_and_scenarios)
{
	offers_the_rest(ZSH, 2);
	offers(ZSH, "run \"\"", 3, "files\n");
	offers(ZSH, "run --images \"\"", 4, "files -/\n");
}
END_TEST

START_TEST(the_version_names_sources_and_images)
{
	int status;
	char *said = shell(&status, "'%s' --version", command), sources[32], rest[2];

	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(sscanf(said, "ballast 0.1\nsources %16[0-9a-f]%1[\n]", sources, rest), 2);
	ck_assert_uint_eq(strlen(sources), 16);
	free(said);
	/* As the table of images in a run has it. */
	setenv("COMMAND", command, 1);
	well("set -- $(\"$COMMAND\" --version | grep ' virtio_ballast.so '); "
	     "[ \"$4 $5\" = 'Linux 6.1' ] && \"$COMMAND\" run first.dts --until 1s | "
	     "grep \"virtio_ballast.so .* $3\" && "
	     "\"$COMMAND\" --version | grep '  linux-6.12/virtio_ballast.so .* Linux 6.12$' && "
	     "\"$COMMAND\" --version | grep '  virtio-ballast.so .* QEMU 7.2$'");
}
END_TEST

START_TEST(installed_completions_are_those_that_the_command_prints)
{
	install_here();
	well("d/p/bin/ballast completion bash | "
	     "cmp - d/p/share/bash-completion/completions/ballast");
	well("d/p/bin/ballast completion zsh | cmp - d/p/share/zsh/site-functions/_ballast");
	well("ls d/p/share/man/man1/ballast-run.1 d/p/share/man/man1/ballast-completion.1");
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("usage");
	TCase *tc = tcase_create("usage");
	int nr = nr_commands();

	if (!cli_environment())
		return NULL;
	unsetenv("BALLAST_SCENARIOS");
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, enter_empty_scratch, leave_scratch);
	tcase_add_loop_test(tc, each_command_has_a_page_that_explains_its_options_and_no_others, 0,
			    nr);
	tcase_add_loop_test(tc, each_command_is_in_the_help_and_in_the_page_of_all, 0, nr);
	tcase_add_loop_test(tc, commands_know_their_options, 0, nr);
	tcase_add_loop_test(tc, bash_offers_each_commands_options, 0, nr);
	tcase_add_test(tc, bash_offers_commands_values_and_scenarios);
	if (has_zsh()) {
		tcase_add_loop_test(tc, zsh_offers_each_commands_options, 0, nr);
		tcase_add_test(tc, zsh_offers_commands_values_and_scenarios);
	} else {
		skip_tests(nr + 1, "there is no zsh");
	}
	tcase_add_test(tc, the_version_names_sources_and_images);
	tcase_add_test(tc, installed_completions_are_those_that_the_command_prints);
	suite_add_tcase(s, tc);
	return s;
}
