// SPDX-License-Identifier: GPL-2.0-only
/*
 * See boot.h.
 */
#define _GNU_SOURCE
#include "boot.h"

#include <dirent.h>
#include <ftw.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "initramfs.h"
#include "skip.h"

#define MEMORY_NEEDED (1536 * MIB)	/* two guests of 512 MiB, what moves between them, QEMU */
#define ANSWER_SIZE 32768	/* /proc/vmstat has some 5 KiB */

const char *boot_file(const char *name)
{
	static char path[64][PATH_MAX];	/* a test asks for fewer */
	static unsigned int next;
	const char *real = getenv("BALLAST_REAL");

	ck_assert_msg(real != NULL, "BALLAST_REAL is not set; run 'make check-real'");
	next = (next + 1) % ARRAY_LEN(path);
	snprintf(path[next], sizeof(path[next]), "%s/%s", real, name);
	return path[next];
}

bool boot_long(void)
{
	const char *text = getenv("BALLAST_LONG");

	return text && text[0];
}

static char suite_dir[PATH_MAX];

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A test that fails leaves its process at once, so cleaning up is its parent's business. */
static void remove_suite_dir(void)
{
	if (suite_dir[0])
		remove_tree(suite_dir);
	suite_dir[0] = '\0';
}

static void interrupted(int signal)
{
	remove_suite_dir();
	_exit(128 + signal);
}

const struct host_probe *boot_host(void)
{
	static struct host_probe probe;
	static bool probed;

	if (!probed)
		host_probe(&probe);
	probed = true;
	return &probe;
}

static bool host_will_do(void)
{
	char text[512];

	host_probe_text(boot_host(), text, sizeof(text));
	printf("| host: %s\n", text);
	fflush(stdout);
	if (!boot_host()->available || boot_host()->available >= MEMORY_NEEDED)
		return true;
	skip_tests(1, "all of it: the host has not the memory for a guest and its QEMU");
	return false;
}

int boot_run(Suite *suite)
{
	const char *tmp = getenv("TMPDIR");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (!host_will_do()) {
		srunner_free(runner);
		return 0;
	}
	snprintf(suite_dir, sizeof(suite_dir), "%s/ballast-boot-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(suite_dir)) {
		perror(suite_dir);
		return 2;
	}
	signal(SIGINT, interrupted);
	signal(SIGTERM, interrupted);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	remove_suite_dir();
	return failed != 0;
}

void boot_prepare(struct boot *boot)
{
	boot->vm = NULL;
	ck_assert_msg(suite_dir[0], "main() has to call boot_run()");
	snprintf(boot->dir, sizeof(boot->dir), "%.4000s/XXXXXX", suite_dir);
	ck_assert_msg(mkdtemp(boot->dir) != NULL, "%s: cannot be made", boot->dir);
}

/* All modules, and /modules: those that are loaded at the start. */
static void make_initramfs(const char *path, bool modules)
{
	static char names[32][NAME_MAX], paths[32][PATH_MAX], list[2048];
	struct initramfs_file files[34] = { { "init", paths[0], NULL, 0755 } };
	static const char *const dirs[] = { "stock", "modules" };
	const char *stock = getenv("BALLAST_STOCK_MODULE");
	char error[512], line[128];
	size_t nr = 1, d;
	struct dirent *entry;
	FILE *order;
	DIR *dir;

	snprintf(paths[0], sizeof(paths[0]), "%s", boot_file("agent"));
	list[0] = '\0';
	for (d = 0; modules && d < ARRAY_LEN(dirs); d++) {
		dir = opendir(boot_file(dirs[d]));
		ck_assert_msg(dir != NULL, "%s: missing; run 'make real'", boot_file(dirs[d]));
		while ((entry = readdir(dir)) && nr < 32) {
			if (!strstr(entry->d_name, ".ko"))
				continue;
			snprintf(names[nr], sizeof(names[nr]), "lib/%.200s", entry->d_name);
			if (stock && stock[0] && !strcmp(entry->d_name, "virtio_balloon.ko"))
				snprintf(paths[nr], sizeof(paths[nr]), "%s", stock);
			else
				snprintf(paths[nr], sizeof(paths[nr]), "%s/%s",
					 boot_file(dirs[d]), entry->d_name);
			files[nr] = (struct initramfs_file){ names[nr], paths[nr], NULL, 0644 };
			nr++;
		}
		closedir(dir);
	}
	order = modules ? fopen(boot_file("stock/order"), "r") : NULL;
	while (order && fgets(line, sizeof(line), order)) {
		line[strcspn(line, "\n")] = '\0';
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "/lib/%s.ko\n", line);
	}
	if (order)
		fclose(order);
	if (modules)
		files[nr++] = (struct initramfs_file){ "modules", NULL, list, 0644 };
	ck_assert_msg(!initramfs_write(path, files, nr, error, sizeof(error)), "%s", error);
}

void boot_start(struct boot *boot, const struct boot_options *options)
{
	static char initrd[PATH_MAX + 16], error[REAL_ERROR_SIZE], append[1024];
	struct real_vm_config config = {
		.name = options->name,
		.qemu = boot_file("qemu-system-x86_64"),
		.firmware = boot_file("firmware"),
		.kernel = boot_file(options->kernel ? options->kernel : "stock/vmlinuz"),
		.initrd = initrd,
		.append = append,
		.accel = getenv("BALLAST_ACCEL"),
		.memory_mib = options->memory_mib ? options->memory_mib : 512,
		.vcpus = options->vcpus ? options->vcpus : 1,
		.shared_memory = options->shared_memory,
		.reboots = options->reboots,
		.migrates = options->migrates,
		.dir = boot->dir,
		.args = options->args,
		.allowed = options->allowed,
		.event = options->event,
		.opaque = options->opaque,
		.boot_ms = 300000,
	};

	/*
	 * Where a kernel finds itself changes how many pages it has, which tests compare from boot
	 * to boot: of 70 boots of one image one had a page more in MemTotal, and none without
	 * KASLR.
	 */
	snprintf(append, sizeof(append), "nokaslr %s", options->append ? options->append : "");
	snprintf(initrd, sizeof(initrd), "%s/initrd", boot->dir);
	if (access(initrd, R_OK))
		make_initramfs(initrd, !options->kernel);
	boot->vm = real_vm_start(&config, error, sizeof(error));
	ck_assert_msg(boot->vm != NULL, "%s", error);
}

void boot_up(struct boot *boot, const struct boot_options *options)
{
	boot_prepare(boot);
	boot_start(boot, options);
	ck_vm(boot->vm, real_vm_boot(boot->vm));
}

void boot_end(struct boot *boot)
{
	real_vm_destroy(boot->vm);
	boot->vm = NULL;
	remove_tree(boot->dir);
}

void boot_power_off(struct boot *boot)
{
	ck_vm(boot->vm, real_vm_power_off(boot->vm, SHORT_MS));
}

/* The guest */

void guest_does(struct real_vm *vm, char *answer, size_t size, const char *fmt, ...)
{
	char command[REAL_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	ck_vm(vm, real_vm_command(vm, SHORT_MS, answer, size, "%s", command));
}

/* The value of @name in the agent's answer, lines "NAME VALUE". */
static uint64_t value_in_answer(struct real_vm *vm, const char *command, const char *name)
{
	char *answer = malloc(ANSWER_SIZE), *line, *rest = answer;
	size_t len = strlen(name);
	uint64_t value = 0;
	bool found = false;

	guest_does(vm, answer, ANSWER_SIZE, "%s", command);
	while (!found && (line = strsep(&rest, "\n"))) {
		found = !strncmp(line, name, len) && line[len] == ' ';
		value = strtoull(line + (found ? len : 0), NULL, 10);
	}
	free(answer);
	ck_assert_msg(found, "%s: no %s", command, name);
	return value;
}

uint64_t guest_memory(struct real_vm *vm, const char *field)
{
	return value_in_answer(vm, "memory", field);
}

uint64_t guest_vmstat(struct real_vm *vm, const char *name)
{
	return value_in_answer(vm, "read /proc/vmstat", name);
}

bool guest_has_feature(struct real_vm *vm, unsigned int bit)
{
	char features[80];

	guest_does(vm, features, sizeof(features),
		   "read /sys/bus/virtio/devices/virtio0/features");
	ck_assert_uint_ge(strlen(features), 64);
	return features[bit] == '1';
}

uint64_t guest_resident(struct real_vm *vm)
{
	uint64_t bytes;

	ck_vm(vm, real_vm_resident(vm, &bytes));
	return bytes;
}

void guest_wait(struct real_vm *vm, unsigned int ms)
{
	ck_vm(vm, real_vm_wait(vm, ms));
}

uint64_t guest_resident_settled(struct real_vm *vm, unsigned int ms)
{
	uint64_t deadline = clock_deadline(LONG_MS), since = clock_now_ns();
	uint64_t bytes = guest_resident(vm), now;

	while (clock_now_ns() - since < ms * UINT64_C(1000000)) {
		ck_assert_msg(clock_left_ms(deadline), "memory of the guest does not settle");
		guest_wait(vm, 100);
		now = guest_resident(vm);
		if ((now > bytes ? now - bytes : bytes - now) > MIB) {
			bytes = now;
			since = clock_now_ns();
		}
	}
	return bytes;
}

/* Programs: one at a time, number 0; it waits at a phase only where it is held. */

void program_event(void *opaque, const char *line)
{
	struct program_run *run = opaque;
	char what[16], phase[64] = "";
	unsigned long long cpu;
	unsigned int index;

	if (sscanf(line, "%*u %15s %u %*u %63s", what, &index, phase) < 2)
		return;
	if (!strcmp(what, "phase") && run->hold && !strcmp(phase, run->hold))
		run->held = true;
	else if (!strcmp(what, "phase") || !strcmp(what, "exit"))
		real_vm_tell(run->vm, "go %u", index);
	else if (!strcmp(what, "end"))
		run->ended = sscanf(line, "%*u end %*u %d %u %llu %llu", &run->status,
				    &run->killed, &run->work, &cpu) == 4;
}

void program_begin(struct program_run *run, struct real_vm *vm, const char *what)
{
	*run = (struct program_run){ .vm = vm, .status = -1 };
	guest_does(vm, NULL, 0, "start 0 1 %s", what);
}

static bool program_ended(struct real_vm *vm, void *opaque)
{
	return ((struct program_run *)opaque)->ended;
}

void program_wait(struct program_run *run, unsigned int timeout_ms)
{
	ck_vm(run->vm, real_vm_wait_until(run->vm, timeout_ms, "the end of the guest's program",
					  program_ended, run));
}

static bool program_held(struct real_vm *vm, void *opaque)
{
	struct program_run *run = opaque;

	return run->held || run->ended;
}

void program_wait_phase(struct program_run *run, const char *phase, unsigned int timeout_ms)
{
	run->hold = phase;
	ck_vm(run->vm, real_vm_wait_until(run->vm, timeout_ms, "a phase of the guest's program",
					  program_held, run));
	ck_assert_msg(run->held, "the program ended with status %d before its phase %s",
		      run->status, phase);
}

void program_go(struct program_run *run)
{
	run->hold = NULL;
	run->held = false;
	guest_does(run->vm, NULL, 0, "go 0");
}

/* QEMU */

void qmp_does(struct real_vm *vm, const char *command, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ck_assert_msg(!qmp_runf(&vm->qmp, SHORT_MS, NULL, command, "%s", text), "%s: %s",
		      vm->config.name, vm->qmp.error);
}

uint64_t qmp_number(struct real_vm *vm, const char *path, const char *property)
{
	uint64_t value;

	ck_assert_msg(!qmp_get_u64(&vm->qmp, path, property, &value), "%s: %s", vm->config.name,
		      vm->qmp.error);
	return value;
}

uint64_t qmp_balloon(struct real_vm *vm)
{
	uint64_t bytes;

	ck_assert_msg(!qmp_query_balloon(&vm->qmp, &bytes), "%s: %s", vm->config.name,
		      vm->qmp.error);
	return bytes;
}

static bool balloon_there(struct real_vm *vm, void *opaque)
{
	return qmp_balloon(vm) == *(uint64_t *)opaque;
}

void balloon_to(struct real_vm *vm, uint64_t bytes)
{
	char what[80];

	qmp_does(vm, "balloon", "{'value':%llu}", (unsigned long long)bytes);
	snprintf(what, sizeof(what), "a balloon that leaves %llu MiB",
		 (unsigned long long)(bytes / MIB));
	ck_vm(vm, real_vm_wait_until(vm, LONG_MS, what, balloon_there, &bytes));
}

/* A receiver that reads nothing */

void deaf_receiver_begin(struct deaf_receiver *deaf, struct boot *boot)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%.90s/receiver", boot->dir);
	unlink(addr.sun_path);
	deaf->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(deaf->listener, 0);
	ck_assert_int_eq(bind(deaf->listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(deaf->listener, 1), 0);
	qmp_does(boot->vm, "migrate-set-parameters", "{'max-bandwidth':%llu}",
		 (unsigned long long)(1024 * MIB));
	qmp_does(boot->vm, "migrate", "{'uri':'unix:%s'}", addr.sun_path);
	deaf->connection = accept(deaf->listener, NULL, NULL);
	ck_assert_int_ge(deaf->connection, 0);
}

void deaf_receiver_end(struct deaf_receiver *deaf)
{
	close(deaf->connection);
	close(deaf->listener);
}
