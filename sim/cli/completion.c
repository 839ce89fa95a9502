// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast completion: scripts by which bash and zsh complete command lines, made from the tables
 * of usage.h; and the names of installed scenarios, which these scripts ask for.
 *
 * Both scripts decide the same way: the first word is a command; after an option with a value that
 * value, by its kind; after a dash an option of the command; else an operand.
 */
#include <glob.h>
#include <stdbool.h>
#include <string.h>

#include "cli.h"
#include "usage.h"

static void print_names(FILE *out, unsigned int command, const char *before, const char *after)
{
	const struct usage_option *o;

	/* Up to the end of both parts: the one in the help, and the other one. */
	for (o = usage_options; o->name || o->doc; o++)
		if (o->commands & command)
			fprintf(out, "%s%s%s", before, o->name, after);
}

/* Alternatives, separated by spaces. */
static void print_words(FILE *out, const char *words)
{
	for (; *words; words++)
		fputc(*words == '|' ? ' ' : *words, out);
}

/* What the function of a shell is called that completes such a value. */
static const char *kind_of(const char *value)
{
	if (strchr(value, '|'))
		return "words";
	if (!strcmp(value, "FILE") || !strcmp(value, "OUT"))
		return "files";
	return !strcmp(value, "DIR") ? "directories" : "nothing";
}

/* "run:--overlay) KIND ;;" for each option of each command that has a value. */
static void print_values(FILE *out)
{
	const struct usage_command *c;
	const struct usage_option *o;

	for (c = usage_commands; c->name; c++) {
		for (o = usage_options; o->name || o->doc; o++) {
			if (!(o->commands & 1u << (c - usage_commands)) || !o->value)
				continue;
			fprintf(out, "\t%s:%s) _ballast_%s ", c->name, o->name, kind_of(o->value));
			if (strchr(o->value, '|'))
				print_words(out, o->value);
			fprintf(out, "; return ;;\n");
		}
	}
}

/* "run) options='...' ;;" and the rest of what is known of a command. */
static void print_commands(FILE *out)
{
	static const char *const operand[] = {
		[OPERAND_NONE] = "nothing", [OPERAND_FILE] = "files",
		[OPERAND_DIRECTORY] = "directories", [OPERAND_SCENARIO] = "scenarios" };
	const struct usage_command *c;

	for (c = usage_commands; c->name; c++) {
		fprintf(out, "\t%s) words=(%s) operand=%s options=(", c->name,
			c->words ? c->words : "", operand[c->operand]);
		print_names(out, 1u << (c - usage_commands), " ", "");
		fprintf(out, " ) ;;\n");
	}
}

static void print_command_names(FILE *out)
{
	const struct usage_command *c;

	for (c = usage_commands; c->name; c++)
		fprintf(out, " %s", c->name);
}

void completion_bash(FILE *out)
{
	fputs("# bash completion of ballast; made by: ballast completion bash\n"
	      "_ballast_words() { COMPREPLY=($(compgen -W \"$*\" -- \"$cur\")); }\n"
	      "_ballast_files() { compopt -o filenames 2>/dev/null; "
	      "COMPREPLY=($(compgen -f -- \"$cur\")); }\n"
	      "_ballast_directories() { compopt -o filenames 2>/dev/null; "
	      "COMPREPLY=($(compgen -d -- \"$cur\")); }\n"
	      "_ballast_nothing() { COMPREPLY=(); }\n"
	      "_ballast_scenarios() { _ballast_files; COMPREPLY+=($(compgen -W "
	      "\"$(\"$ballast\" completion scenarios 2>/dev/null)\" -- \"$cur\")); }\n"
	      "_ballast() {\n"
	      "\tlocal IFS=$' \\t\\n' cur=${COMP_WORDS[COMP_CWORD]} ballast=${COMP_WORDS[0]}\n"
	      "\tlocal command=${COMP_WORDS[1]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tlocal operand=nothing words=() options=()\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\t_ballast_words", out);
	print_command_names(out);
	fputs(" help --help --version\n\t\treturn\n\tfi\n\tcase $command:$previous in\n", out);
	print_values(out);
	fputs("\tesac\n\tcase $command in\n", out);
	print_commands(out);
	fputs("\tesac\n"
	      "\tcase $cur in\n\t-*) _ballast_words \"${options[@]}\"; return ;;\n\tesac\n"
	      "\tif [ \"$COMP_CWORD\" -eq 2 ] && [ \"${#words[@]}\" -gt 0 ]; then\n"
	      "\t\t_ballast_words \"${words[@]}\"\n\telse\n\t\t_ballast_$operand\n\tfi\n}\n"
	      "complete -F _ballast ballast\n", out);
}

void completion_zsh(FILE *out)
{
	fputs("#compdef ballast\n"
	      "# zsh completion of ballast; made by: ballast completion zsh\n"
	      "_ballast_words() { compadd -- \"$@\"; }\n"
	      "_ballast_files() { _files; }\n"
	      "_ballast_directories() { _files -/; }\n"
	      "_ballast_nothing() { return 1; }\n"
	      "_ballast_scenarios() { compadd -- "
	      "${(f)\"$($ballast completion scenarios 2>/dev/null)\"}; _files; }\n"
	      "_ballast() {\n"
	      "\tlocal ballast=$words[1] command=$words[2] previous=$words[CURRENT-1]\n"
	      "\tlocal current=$words[CURRENT] operand=nothing\n"
	      "\tlocal -i at=CURRENT\n"
	      "\tlocal -a words options\n"
	      "\tif (( at == 2 )); then\n\t\t_ballast_words", out);
	print_command_names(out);
	fputs(" help --help --version\n\t\treturn\n\tfi\n\tcase $command:$previous in\n", out);
	print_values(out);
	fputs("\tesac\n\tcase $command in\n", out);
	print_commands(out);
	fputs("\tesac\n"
	      "\tif [[ $current == -* ]]; then\n\t\t_ballast_words $options\n"
	      "\telif (( at == 3 && $#words )); then\n\t\t_ballast_words $words\n"
	      "\telse\n\t\t_ballast_$operand\n\tfi\n}\n"
	      "if [[ $funcstack[1] == _ballast ]]; then\n\t_ballast \"$@\"\n"
	      "else\n\tcompdef _ballast ballast\nfi\n", out);
}

/* Of all folders that are scenarios and not parts of them. */
static void print_scenarios(void)
{
	const char *dir = cli_scenario_dir();
	char pattern[2][4200];
	glob_t found = { 0 };

	snprintf(pattern[0], sizeof(pattern[0]), "%.4100s/*.dts", dir);
	snprintf(pattern[1], sizeof(pattern[1]), "%.4100s/*/*.dts", dir);
	for (unsigned int i = 0; i < 2; i++)
		glob(pattern[i], i ? GLOB_APPEND : 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++)
		puts(found.gl_pathv[i] + strlen(dir) + 1);
	globfree(&found);
}

int cmd_completion(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (!strcmp(what, "bash"))
		completion_bash(stdout);
	else if (!strcmp(what, "zsh"))
		completion_zsh(stdout);
	else if (!strcmp(what, "scenarios"))
		print_scenarios();
	else
		return cli_error("completion%s%s: allowed: bash, zsh, or scenarios, whose names "
				 "these ask for", argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
	return EXIT_WELL;
}
