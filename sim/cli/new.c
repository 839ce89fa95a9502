// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast new: a first scenario, from a guest that there is, or from what the user says.
 *
 * Its host is the machine at hand, unless --set says otherwise.
 */
#define _GNU_SOURCE		/* mkostemps() */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "description.h"
#include "machine.h"
#include "output.h"
#include "scenario.h"

#define ERROR_SIZE 4800
#define SETTINGS_MAX 64
#define ANSWER_SIZE 256

struct new_args {
	const char *libvirt, *qemu, *out;	/* NULL: not given */
	const char *settings[SETTINGS_MAX];
	unsigned int nr_settings;
};

static int take_setting(struct new_args *args, const char *value)
{
	if (args->nr_settings == SETTINGS_MAX)
		return cli_error("--set %s: is one too many; allowed: %d", value, SETTINGS_MAX);
	args->settings[args->nr_settings++] = value;
	return 0;
}

static int take_args(struct new_args *args, int argc, char **argv)
{
	int ret = 0;

	for (int i = 1; i < argc && !ret; i++) {
		const char **place = !strcmp(argv[i], "-o") ? &args->out :
				     !strcmp(argv[i], "--from-libvirt") ? &args->libvirt :
				     !strcmp(argv[i], "--from-qemu") ? &args->qemu : NULL;
		bool set = !strcmp(argv[i], "--set");

		if (argv[i][0] != '-')
			ret = cli_error("new %s: takes no file; -o FILE writes one", argv[i]);
		else if (!place && !set)
			ret = cli_error("new %s: there is no such option; allowed: --from-libvirt "
					"FILE, --from-qemu LINE, --set KEY=VALUE, -o FILE",
					argv[i]);
		else if (i + 1 == argc)
			ret = cli_error("%s: needs a value", argv[i]);
		else if (set)
			ret = take_setting(args, argv[++i]);
		else
			*place = argv[++i];
	}
	if (!ret && args->libvirt && args->qemu)
		ret = cli_error("--from-qemu: a guest is from one of the two; allowed: "
				"--from-libvirt or --from-qemu");
	return ret;
}

/* Before anybody is asked anything. */
static int check_output(const struct new_args *args)
{
	const struct run_args none = { .nr_files = 0 };

	if (!args->out)
		return 0;
	if (args->libvirt && output_is(args->out, args->libvirt))
		return cli_error("-o %s: is the domain that is read; -o must name another file",
				 args->out);
	return cli_check_output("-o", args->out, &none);
}

/* Questions */

static void ask_for(const struct description *d, enum description_key key)
{
	fprintf(stderr, "%s", description_info[key].doc);
	if (description_info[key].words)
		fprintf(stderr, " (%s)", description_allowed(key));
	fprintf(stderr, " [%s] ", description_text(key, d->value[key]));
	fflush(stderr);
}

static int ask(struct description *d, enum description_key key)
{
	char answer[ANSWER_SIZE], error[ERROR_SIZE];

	for (;;) {
		ask_for(d, key);
		if (!fgets(answer, sizeof(answer), stdin)) {
			fputc('\n', stderr);
			return cli_error("new: the questions were not answered to the end; nothing "
					 "is written");
		}
		answer[strcspn(answer, "\n")] = '\0';
		if (!answer[0])
			return 0;
		if (!description_parse(key, answer, &d->value[key], error, sizeof(error))) {
			d->origin[key] = "as answered";
			return 0;
		}
		fprintf(stderr, "%s\n", error);
	}
}

static int ask_all(struct description *d)
{
	if (!isatty(STDIN_FILENO))
		return cli_error("new: there is no terminal to ask questions on; allowed: "
				 "--from-libvirt FILE, --from-qemu LINE, or --set KEY=VALUE");
	fprintf(stderr, "Enter takes what stands in brackets.\n");
	for (int i = 0; i < NR_DESCRIPTION_KEYS; i++)
		if (description_matters(d, i) && ask(d, i))
			return EXIT_BAD_INPUT;
	return 0;
}

static int describe(struct description *d, const struct new_args *args)
{
	char error[ERROR_SIZE];

	survey_host(d, "");
	if (args->libvirt && survey_libvirt(d, args->libvirt, error, sizeof(error)))
		return cli_error("%s", error);
	if (args->qemu && survey_qemu(d, args->qemu, error, sizeof(error)))
		return cli_error("%s", error);
	for (unsigned int i = 0; i < args->nr_settings; i++)
		if (description_set(d, args->settings[i], error, sizeof(error)))
			return cli_error("%s", error);
	if (!args->libvirt && !args->qemu && !args->nr_settings && ask_all(d))
		return EXIT_BAD_INPUT;
	return description_check(d, error, sizeof(error)) ? cli_error("%s", error) : 0;
}

static void fill(FILE *out, void *opaque)
{
	description_write(out, opaque);
}

/* What ballast check would say of it. */
static int check_text(const char *path)
{
	struct scenario_args load = { .file = path, .include_dir = cli_scenario_dir() };
	struct scenario scenario;
	char error[ERROR_SIZE];
	int ret = 0;

	if (scenario_load(&scenario, &load)) {
		ret = cli_error("new%s", scenario_error_text(&scenario) + strlen(path));
	} else {
		scenario.file = "new";
		if (machine_check_limits(&scenario, error, sizeof(error)))
			ret = cli_error("%s", error);
	}
	scenario_free(&scenario);
	return ret;
}

static int check_scenario(struct description *d)
{
	const char *dir = getenv("TMPDIR");
	char path[PATH_MAX];
	int ret, fd;
	FILE *f;

	snprintf(path, sizeof(path), "%s/ballast-new-XXXXXX.dts", dir && *dir ? dir : "/tmp");
	fd = mkostemps(path, strlen(".dts"), O_CLOEXEC);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f)
		return cli_error("new: %s: cannot be written: %s", path, strerror(errno));
	description_write(f, d);
	fclose(f);
	ret = check_text(path);
	unlink(path);
	return ret;
}

int cmd_new(int argc, char **argv)
{
	struct new_args args = { .out = NULL };
	struct description *d;
	int ret = take_args(&args, argc, argv);

	if (!ret)
		ret = check_output(&args);
	if (ret)
		return ret;
	d = malloc(sizeof(*d));
	if (!d)
		abort();
	description_init(d);
	ret = describe(d, &args);
	if (!ret)
		ret = check_scenario(d);
	if (!ret && args.out) {
		ret = cli_write(args.out, fill, d);
		if (!ret)
			printf("%s: scenario written\n", args.out);
	} else if (!ret) {
		description_write(stdout, d);
	}
	free(d);
	return ret;
}
