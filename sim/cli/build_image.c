// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast build-image: compile the source of a driver or a device into an image.
 *
 * The flags are those of the Makefile's own images, which hands them over (IMAGE_CODE,
 * GUEST_IMAGE_FLAGS, DEVICE_IMAGE_FLAGS, IMAGE_LINK); folders in them are below cli_build_dir().
 * But warnings are errors only where they mean that the model lacks something, as with `make
 * upstream`: how clean a source is is its author's affair.  Headers are the model's first; what -I
 * adds is for what the source brings along.
 *
 * Left out: a digest of headers that come with the sources.  What runs are told apart by is the
 * image's file (machine_images_digest()).
 */
#define _GNU_SOURCE
#include "cli.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect.h"
#include "format.h"
#include "image.h"
#include "level.h"
#include "output.h"
#include "text.h"

#define ERROR_SIZE 8192
#define LINE_SIZE 4096

extern char **environ;

enum kind { KIND_BY_SOURCE, KIND_GUEST, KIND_HOST, KIND_DEVICE };

static const char *const kind_text[] = {
	[KIND_GUEST] = "module of a guest", [KIND_HOST] = "module of the host",
	[KIND_DEVICE] = "device",
};

struct words {
	char **word;
	unsigned int nr;
};

struct build {
	struct words sources, more;	/* more: -I and -D */
	const char *out_given, *cc;
	const char *kernel, *qemu;	/* NULL: not given */
	enum kind kind;
	char out[PATH_MAX], name[NAME_MAX + 1]; /* name: without folder and .so */
};

static void add(struct words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct words *w, const char *fmt, ...)
{
	char *text;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		abort();
	collect_add_text(&w->word, &w->nr, text);
	free(text);
}

/* The words of the Makefile's list, with its folders where they are here. */
static void add_flags(struct words *w, const char *flags, const char *root)
{
	char *copy = collect_copy(flags), *rest = copy, *word;

	while ((word = strsep(&rest, " \t"))) {
		if (!strncmp(word, "-I", 2))
			add(w, "-I%s/%s", root, word + 2);
		else if (*word)
			add(w, "%s", word);
	}
	free(copy);
}

/* Arguments */

static int set_kind(struct build *b, enum kind kind, const char *option)
{
	if (b->kind != KIND_BY_SOURCE && b->kind != kind)
		return cli_error("%s: allowed: one of --guest, --host and --device", option);
	b->kind = kind;
	return 0;
}

/* Options with a value; @i is moved on.  @value: what stands behind a short option, or NULL. */
static int take_value(struct build *b, const char *option, const char *value)
{
	if (!value || !*value)
		return cli_error("%s: needs a value", option);
	if (!strcmp(option, "-o"))
		b->out_given = value;
	else if (!strcmp(option, "--cc"))
		b->cc = value;
	else if (!strcmp(option, "--kernel"))
		b->kernel = value;
	else if (!strcmp(option, "--qemu"))
		b->qemu = value;
	else
		add(&b->more, "%s%s", option, value);
	return 0;
}

static bool has_value(const char *option)
{
	static const char *const names[] = { "-o", "-I", "-D", "--cc", "--kernel", "--qemu" };

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(option, names[i]))
			return true;
	return false;
}

static int take_args(struct build *b, int argc, char **argv)
{
	int ret = 0;

	for (int i = 1; i < argc && !ret; i++) {
		const char *arg = argv[i];

		if (has_value(arg))
			ret = take_value(b, arg, argv[++i]);
		else if (!strncmp(arg, "-I", 2) || !strncmp(arg, "-D", 2))
			add(&b->more, "%s", arg);
		else if (!strcmp(arg, "--guest"))
			ret = set_kind(b, KIND_GUEST, arg);
		else if (!strcmp(arg, "--host"))
			ret = set_kind(b, KIND_HOST, arg);
		else if (!strcmp(arg, "--device"))
			ret = set_kind(b, KIND_DEVICE, arg);
		else if (arg[0] == '-')
			ret = cli_error("%s: there is no such option; see ballast --help", arg);
		else if (!text_ends_with(arg, ".c"))
			ret = cli_error("%s: not known by its name; allowed: .c", arg);
		else
			collect_add_text(&b->sources.word, &b->sources.nr, arg);
	}
	if (!ret && !b->sources.nr)
		ret = cli_error("build-image: needs a source file");
	return ret;
}

/* What is read */

static uint64_t add_line(struct build *b, uint64_t digest, const char *line)
{
	const char *at = line + strspn(line, " \t");

	/* Every source of QEMU's includes its osdep.h first, and none of the kernel's does. */
	if (*at == '#' && b->kind == KIND_BY_SOURCE && strstr(at, "\"qemu/osdep.h\""))
		b->kind = KIND_DEVICE;
	return trace_digest(digest, (const uint8_t *)line, strlen(line));
}

/* Look through the sources, which says what kind they are of, and digest them. */
static int read_sources(struct build *b, uint64_t *digest)
{
	char line[LINE_SIZE];

	*digest = 0;
	for (unsigned int i = 0; i < b->sources.nr; i++) {
		FILE *f = fopen(b->sources.word[i], "r");
		bool failed = !f;

		while (f && fgets(line, sizeof(line), f))
			*digest = add_line(b, *digest, line);
		failed = failed || ferror(f);
		if (failed)
			cli_error("%s: cannot be read: %s", b->sources.word[i], strerror(errno));
		if (f)
			fclose(f);
		if (failed)
			return EXIT_BAD_INPUT;
	}
	if (b->kind == KIND_BY_SOURCE)
		b->kind = KIND_GUEST;
	return 0;
}

/* The name becomes a string of the compiler's command line, and names are said in one line. */
static int name_output(struct build *b)
{
	const char *from = b->out_given ? b->out_given : basename(b->sources.word[0]), *base;
	size_t len = strlen(from);

	if (text_ends_with(from, b->out_given ? ".so" : ".c"))
		len = strrchr(from, '.') - from;
	if (snprintf(b->out, sizeof(b->out), "%.*s.so", (int)len, from) >= (int)sizeof(b->out))
		return cli_error("%s: too long a name", from);
	base = basename(b->out);
	len = strlen(base) - strlen(".so");
	if (!len || len >= sizeof(b->name))
		return cli_error("-o %s: needs the name of a file", from);
	snprintf(b->name, sizeof(b->name), "%.*s", (int)len, base);
	for (const char *c = b->name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_-.+", *c))
			return cli_error("%s: not the name of an image; allowed: letters, digits, "
					 "_, -, . and +", b->name);
	for (unsigned int i = 0; i < b->sources.nr; i++)
		if (output_is(b->out, b->sources.word[i]))
			return cli_error("-o %s: is a source; -o must name another file", b->out);
	return 0;
}

/* One of the versions that there are, as flags; none for the standard one, as in the Makefile. */
static int add_level(struct words *w, const struct level_list *levels, const char *option,
		     const char *given, const char *major, const char *minor)
{
	char name[LEVEL_NAME], names[256] = "";
	const uint32_t *known;

	for (known = levels->version; *known; known++) {
		size_t n = strlen(names);

		if (given && !strcmp(given, level_name(*known, name)))
			break;
		snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "",
			 level_name(*known, name));
	}
	if (!given || *known == levels->standard)
		return 0;
	if (!*known)
		return cli_error("%s %s: the model does not have this version of %s; allowed: %s",
				 option, given, levels->name, names);
	add(w, "-D%s=%u", major, *known >> 16);
	add(w, "-D%s=%u", minor, *known >> 8 & 0xff);
	return 0;
}

static int add_levels(const struct build *b, struct words *w)
{
	if (b->kind == KIND_DEVICE && b->kernel)
		return cli_error("--kernel %s: this is a device; allowed: --qemu", b->kernel);
	if (b->kind != KIND_DEVICE && b->qemu)
		return cli_error("--qemu %s: this is a module; allowed: --kernel", b->qemu);
	if (b->kind == KIND_DEVICE)
		return add_level(w, &qemu_levels, "--qemu", b->qemu, "QEMU_VERSION_MAJOR",
				 "QEMU_VERSION_MINOR");
	return add_level(w, &linux_levels, "--kernel", b->kernel, "LINUX_VERSION_MAJOR",
			 "LINUX_VERSION_PATCHLEVEL");
}

/* The compiler */

/* Run it; @out: where its output goes, -1: where ours does.  Its status, or -1 after a message. */
static int compiler(const struct words *w, int out)
{
	posix_spawn_file_actions_t actions;
	char **argv = calloc(w->nr + 1, sizeof(*argv));
	int status, err;
	pid_t pid;

	if (!argv || posix_spawn_file_actions_init(&actions))
		abort();
	memcpy(argv, w->word, w->nr * sizeof(*argv));
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	err = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	free(argv);
	if (err) {
		cli_error("%s: the compiler cannot be run: %s; install gcc, or say --cc CC",
			  w->word[0], strerror(err));
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			abort();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Headers of the compiler's own: kernel code sees no others but the model's. */
static int compiler_include(const char *cc, char path[PATH_MAX])
{
	struct words w = { 0 };
	FILE *f = tmpfile();
	int status;

	if (!f)
		return cli_error("no temporary file: %s", strerror(errno));
	add(&w, "%s", cc);
	add(&w, "-print-file-name=include");
	status = compiler(&w, fileno(f));
	rewind(f);
	if (!status && !fgets(path, PATH_MAX, f))
		status = 1;
	fclose(f);
	collect_free_texts(w.word, w.nr);
	if (status > 0)
		cli_error("%s: does not say where its headers are; allowed: gcc and clang", cc);
	path[strcspn(path, "\n")] = '\0';
	return status ? EXIT_BAD_INPUT : 0;
}

/* All but what is compiled, and what of: @name for the module. */
static int add_compiler(const struct build *b, struct words *w, const char *root, const char *name,
			const char *include)
{
	bool device = b->kind == KIND_DEVICE;

	add(w, "%s", b->cc);
	add_flags(w, IMAGE_CODE, root);
	add_flags(w, IMAGE_WARN, root);
	/* What the model says of its own headers does not depend on where they are. */
	add(w, "-fmacro-prefix-map=%s/=", root);
	if (!device) {
		add(w, "-nostdinc");
		add(w, "-isystem");
		add(w, "%s", include);
		add(w, "-DKBUILD_MODNAME=\"%s\"", name);
	}
	add_flags(w, device ? DEVICE_IMAGE_FLAGS : GUEST_IMAGE_FLAGS, root);
	return add_levels(b, w);
}

/* What is linked into every module, as an object of its own: it is not one of its sources. */
static int compile_tail(const struct build *b, const char *root, const char *include,
			const char *object)
{
	struct words w = { 0 };
	int ret = add_compiler(b, &w, root, "module_tail", include);

	add(&w, "-c");
	add(&w, "%s/sim/linux/kernel/module-tail.c", root);
	add(&w, "-o");
	add(&w, "%s", object);
	if (!ret && compiler(&w, -1))
		ret = cli_error("%s: module-tail.c of the model does not compile", b->cc);
	collect_free_texts(w.word, w.nr);
	return ret;
}

static int add_command(const struct build *b, struct words *w, uint64_t digest, const char *root,
		       const char *tail)
{
	char include[PATH_MAX] = "", *modname = collect_copy(b->name);
	int ret = compiler_include(b->cc, include);

	for (char *c = modname; *c; c++)
		if (*c == '-')
			*c = '_';
	if (!ret)
		ret = add_compiler(b, w, root, modname, include);
	free(modname);
	add(w, "-DBALLAST_IMAGE_SOURCE=\"own\\0\" \"%016" PRIx64 "\"", digest);
	for (unsigned int i = 0; i < b->more.nr; i++)
		add(w, "%s", b->more.word[i]);
	add_flags(w, IMAGE_LINK, root);
	/* In the Makefile's order: the same objects are the same image. */
	if (b->kind != KIND_DEVICE) {
		add(w, "%s", tail);
		if (!ret)
			ret = compile_tail(b, root, include, tail);
	}
	for (unsigned int i = 0; i < b->sources.nr; i++)
		add(w, "%s", b->sources.word[i]);
	return ret;
}

/* What compiles and is no image all the same. */
static int check_image(const struct build *b, const char *file)
{
	if (b->kind == KIND_DEVICE && image_file_has(file, "register_module_init") != IMAGE_NEEDS)
		return cli_error("%s: registers no type; allowed: a device, with type_init()",
				 b->sources.word[0]);
	/* The real core of page reporting has none. */
	if (b->kind != KIND_DEVICE && image_file_has(file, "init_module") != IMAGE_DEFINES &&
	    image_file_has(file, "page_reporting_register") != IMAGE_DEFINES)
		return cli_error("%s: has no init function; allowed: a module, with module_init()",
				 b->sources.word[0]);
	return 0;
}

/* It is there whole or not at all, whatever stops us. */
static int compile(const struct build *b, struct words *w)
{
	char *temporary = NULL;
	int fd = output_create(b->out, &temporary), status, ret = 0;

	if (fd < 0)
		return cli_error("%s: cannot be written: %s", b->out, strerror(errno));
	close(fd);
	add(w, "-o");
	add(w, "%s", temporary);
	status = compiler(w, -1);
	if (cli_interrupted())
		ret = EXIT_SIGNAL + cli_interrupted();
	else if (status)
		ret = status < 0 ? EXIT_BAD_INPUT :
		      cli_error("%s: no image of it: %s ended with status %d",
				b->sources.word[0], b->cc, status);
	else
		ret = check_image(b, temporary);
	if (!ret && rename(temporary, b->out))
		ret = cli_error("%s: cannot be written: %s", b->out, strerror(errno));
	if (ret)
		unlink(temporary);
	free(temporary);
	return ret;
}

/* With a temporary file for the module's tail. */
static int build_with_tail(struct build *b, uint64_t digest, const char *root)
{
	const char *tmp = getenv("TMPDIR");
	struct words command = { 0 };
	char tail[PATH_MAX];
	int fd, ret;

	snprintf(tail, sizeof(tail), "%.4000s/ballast-tail-XXXXXX.o", tmp && *tmp ? tmp : "/tmp");
	fd = mkstemps(tail, strlen(".o"));
	if (fd < 0)
		return cli_error("%s: cannot be written: %s", tail, strerror(errno));
	close(fd);
	cli_catch_signals(NULL, NULL);
	ret = add_command(b, &command, digest, root, tail);
	if (cli_interrupted())
		ret = EXIT_SIGNAL + cli_interrupted();
	if (!ret)
		ret = compile(b, &command);
	unlink(tail);
	collect_free_texts(command.word, command.nr);
	return ret;
}

static int build(struct build *b)
{
	const char *root = cli_build_dir();
	uint64_t digest;
	int ret = read_sources(b, &digest);

	if (!ret)
		ret = name_output(b);
	if (!ret && !root)
		ret = cli_error("build-image: there are no headers of images in "
				"share/ballast/build; install the package ballast-dev, or run "
				"make install");
	if (!ret)
		ret = build_with_tail(b, digest, root);
	if (!ret)
		printf("%s: image of a %s: image = \"%s%s\"\n", b->out, kind_text[b->kind],
		       strchr(b->out, '/') ? "" : "./", b->out);
	return ret;
}

int cmd_build_image(int argc, char **argv)
{
	struct build b = { .cc = IMAGE_CC };
	int ret = take_args(&b, argc, argv);

	if (!ret)
		ret = build(&b);
	collect_free_texts(b.sources.word, b.sources.nr);
	collect_free_texts(b.more.word, b.more.nr);
	return ret;
}
