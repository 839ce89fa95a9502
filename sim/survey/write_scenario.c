// SPDX-License-Identifier: GPL-2.0-only
/*
 * A description as a scenario.
 *
 * Each value has where it comes from beside it.  What no machine shows of itself (what programs do,
 * and when) is a small program and a comment that says what to put in its place.
 */
#include <inttypes.h>
#include <string.h>

#include "description.h"
#include "dts_text.h"

/* Guests of more need more than the 40 bits of address that a scenario gives them. */
#define PHYS_40_MIB (UINT64_C(1) << 19)
/* boot/linux.dtsi: what its profiles were measured on, and the least that they boot in. */
#define SERVER_MIB 1024
#define SHELL_MIB 128
#define PROGRAM_MIB_MAX 1024
/* Of an image, unless they are so many that a disk has no room for that. */
#define IMAGE_MIB UINT64_C(65536)
#define DISK_MIB_MAX UINT64_C(16777216)

static void value_line(FILE *out, const struct description *d, enum description_key key,
		       const char *tabs, const char *property)
{
	if (description_info[key].words)
		fprintf(out, "%s%s = \"%s\";", tabs, property,
			description_text(key, d->value[key]));
	else
		fprintf(out, "%s%s = <%" PRIu64 ">;", tabs, property, d->value[key]);
	fputs("\t/* ", out);
	dts_comment(out, d->origin[key]);
	fputs(" */\n", out);
}

static void flag_line(FILE *out, const struct description *d, enum description_key key,
		      const char *tabs, const char *property)
{
	if (!d->value[key])
		return;
	fprintf(out, "%s%s;\t/* ", tabs, property);
	dts_comment(out, d->origin[key]);
	fputs(" */\n", out);
}

static void write_head(FILE *out, const struct description *d)
{
	char text[DESCRIPTION_NAME_SIZE + 160];

	fprintf(out, "// SPDX-License-Identifier: GPL-2.0-only\n/*\n"
		" * A first scenario, made by `ballast new`%s%s; beside each value is where it is\n"
		" * from.  \"FILL IN\" marks what a machine does not show of itself.  Properties: "
		"docs/scenario.md.\n", d->source[0] ? " from " : "", d->source);
	if (d->nr_remarks)
		fputs(" *\n * Not as it is there:\n", out);
	for (unsigned int i = 0; i < d->nr_remarks; i++) {
		fputs(" *  - ", out);
		dts_comment(out, d->remark[i]);
		fputc('\n', out);
	}
	fputs(" */\n/dts-v1/;\n"
	      "/* what things cost; `ballast calibrate -o mine.dtsi` measures this machine */\n"
	      "/include/ \"costs/skylake.dtsi\"\n/include/ \"boot/linux.dtsi\"\n\n"
	      "/ {\n\tcompatible = \"ballast,scenario\";\n\tdescription = ", out);
	snprintf(text, sizeof(text), "%" PRIu64 " %s of %" PRIu64 " MiB%s%s on a host of %" PRIu64
		 " MiB", d->value[KEY_GUESTS], d->value[KEY_GUESTS] == 1 ? "guest" : "guests",
		 d->value[KEY_MEMORY], d->name[0] ? " as " : "", d->name,
		 d->value[KEY_HOST_MEMORY]);
	dts_string(out, text);
	fputs(";\n\tseed = <1>;\n\t/* FILL IN: at which time the run ends at the latest */\n"
	      "\tuntil-ms = <600000>;\n\n", out);
}

static uint64_t image_mib(const struct description *d)
{
	uint64_t most = DISK_MIB_MAX / d->value[KEY_GUESTS];

	return most < IMAGE_MIB ? most : IMAGE_MIB;
}

static void write_host(FILE *out, const struct description *d)
{
	fputs("\thost {\n\t\tcompatible = \"ballast,host\";\n", out);
	value_line(out, d, KEY_HOST_MEMORY, "\t\t", "memory-mib");
	fputs("\t\t/* FILL IN: what the kernel and everything but guests hold for good */\n", out);
	value_line(out, d, KEY_HOST_RESERVE, "\t\t", "kernel-reserve-mib");
	value_line(out, d, KEY_HOST_CPUS, "\t\t", "cpus");
	value_line(out, d, KEY_HOST_THP, "\t\t", "thp");
	value_line(out, d, KEY_HOST_SWAPPINESS, "\t\t", "swappiness");
	value_line(out, d, KEY_HOST_LRU, "\t\t", "lru");
	if (d->value[KEY_HOST_SWAP]) {
		fprintf(out, "\n\t\tswap {\n\t\t\t/include/ \"swap/%s.dtsi\"\t/* ",
			description_text(KEY_HOST_SWAP, d->value[KEY_HOST_SWAP]));
		dts_comment(out, d->origin[KEY_HOST_SWAP]);
		fputs(" */\n", out);
		value_line(out, d, KEY_HOST_SWAP_SIZE, "\t\t\t", "size-mib");
		fputs("\t\t};\n", out);
	}
	if (d->value[KEY_DISK]) {
		fprintf(out, "\n\t\timages: images {\n\t\t\t/include/ \"disk/%s.dtsi\"\t/* ",
			description_text(KEY_DISK, d->value[KEY_DISK]));
		dts_comment(out, d->origin[KEY_DISK]);
		fprintf(out, " */\n\t\t\t/* FILL IN: its size */\n\t\t\tsize-mib = <%" PRIu64
			">;\n\t\t};\n", image_mib(d) * d->value[KEY_GUESTS]);
	}
	if (d->value[KEY_LIMIT] && d->value[KEY_GUESTS] == 1) {
		fputs("\n\t\tlimit: limit {\n\t\t\tcompatible = \"ballast,cgroup\";\n", out);
		value_line(out, d, KEY_LIMIT, "\t\t\t", "max-mib");
		fputs("\t\t};\n", out);
	}
	fputs("\t};\n\n", out);
}

/* A device needs the whole of it, and takes it at once. */
static void write_backing(FILE *out, const struct description *d)
{
	bool locked = d->value[KEY_LOCKED];

	if (locked && d->value[KEY_BACKING] == BACKING_ANONYMOUS) {
		fputs("\t\tbacking = \"pinned\";\t/* ", out);
		dts_comment(out, d->origin[KEY_LOCKED]);
		fputs(" */\n", out);
		return;
	}
	value_line(out, d, KEY_BACKING, "\t\t", "backing");
	flag_line(out, d, KEY_LOCKED, "\t\t", "assigned-device");
}

static void write_boot(FILE *out, uint64_t memory_mib)
{
	if (memory_mib >= SERVER_MIB)
		fputs("\t\t/* FILL IN: linux_6_1 (a shell), server or desktop */\n"
		      "\t\tboot-profile = <&server>;\n", out);
	else if (memory_mib >= SHELL_MIB)
		fputs("\t\t/* FILL IN: linux_6_1 (a shell), or server, from 256 MiB on */\n"
		      "\t\tboot-profile = <&linux_6_1>;\n", out);
	else
		fputs("\t\t/* no boot-profile: those that there are need 128 MiB and more */\n",
		      out);
}

static void write_balloon(FILE *out, const struct description *d)
{
	if (!d->value[KEY_BALLOON])
		return;
	fputs("\n\t\tmodules {\n\t\t\tballoon-driver {\n\t\t\t\tcompatible = \"ballast,module\";\n"
	      "\t\t\t\timage = \"virtio_ballast\";\n\t\t\t};\n\t\t};\n\n"
	      "\t\tdevices {\n\t\t\tballoon: balloon {\t/* ", out);
	dts_comment(out, d->origin[KEY_BALLOON]);
	fputs(" */\n\t\t\t\tcompatible = \"ballast,virtio-ballast\";\n", out);
	flag_line(out, d, KEY_REPORTING, "\t\t\t\t", "free-page-reporting");
	flag_line(out, d, KEY_HINTING, "\t\t\t\t", "free-page-hint");
	flag_line(out, d, KEY_DEFLATE, "\t\t\t\t", "deflate-on-oom");
	if (d->value[KEY_STATS])
		value_line(out, d, KEY_STATS, "\t\t\t\t", "guest-stats-polling-s");
	fputs("\t\t\t};\n\t\t};\n", out);
}

static uint64_t program_mib(const struct description *d)
{
	uint64_t memory = d->value[KEY_TARGET] ? d->value[KEY_TARGET] : d->value[KEY_MEMORY];

	return memory / 8 > PROGRAM_MIB_MAX ? PROGRAM_MIB_MAX : memory / 8 ? memory / 8 : 1;
}

static void write_programs(FILE *out, const struct description *d)
{
	bool several = d->value[KEY_GUESTS] > 1;

	fputs("\n\t\tprograms {\n\t\t\t/*\n"
	      "\t\t\t * FILL IN: what the guest's programs do, and when.  This one is here so\n"
	      "\t\t\t * that the scenario runs.  `ballast list` has all there are; start-ms,\n"
	      "\t\t\t * delay-ms, after and in-turn say when each begins.  `ballast record`\n"
	      "\t\t\t * writes a curve of one that runs: docs/new_scenario.md.\n"
	      "\t\t\t */\n", out);
	fprintf(out,
		"\t\t\twork {\n\t\t\t\tcompatible = \"ballast,program-memhog\";\n"
		"\t\t\t\tsize-mib = <%" PRIu64 ">;\n\t\t\t\thold-ms = <500>;\n%s\t\t\t};\n\n"
		"\t\t\t/* time for the guest to tell what it has freed */\n"
		"\t\t\trest {\n\t\t\t\tcompatible = \"ballast,program-idle\";\n"
		"\t\t\t\tduration-ms = <5000>;\n\t\t\t};\n\t\t};\n", program_mib(d),
		several ? "\t\t\t\tin-turn;\t/* one guest after another */\n" : "");
}

static void write_guest(FILE *out, const struct description *d)
{
	fputs("\tguest: guest {\n\t\tcompatible = \"ballast,guest\";\n", out);
	value_line(out, d, KEY_GUESTS, "\t\t", "count");
	value_line(out, d, KEY_MEMORY, "\t\t", "memory-mib");
	value_line(out, d, KEY_VCPUS, "\t\t", "vcpus");
	if (d->value[KEY_MEMORY] > PHYS_40_MIB)
		fputs("\t\tphys-bits = <52>;\n", out);
	write_backing(out, d);
	if (d->value[KEY_DISK]) {
		fputs("\t\tdisk = <&images>;\n", out);
		value_line(out, d, KEY_CACHE, "\t\t", "cache");
		fprintf(out, "\t\timage-mib = <%" PRIu64 ">;\t/* FILL IN: its size */\n",
			image_mib(d));
	}
	if (d->value[KEY_LIMIT] && d->value[KEY_GUESTS] == 1)
		fputs("\t\tcgroup = <&limit>;\n", out);
	write_boot(out, d->value[KEY_MEMORY]);
	write_balloon(out, d);
	write_programs(out, d);
	fputs("\t};\n", out);
}

static void write_commands(FILE *out, const struct description *d)
{
	if (!d->value[KEY_BALLOON] || !d->value[KEY_TARGET])
		return;
	fputs("\n\tcommands {\n\t\tinflate {\n\t\t\tcompatible = \"ballast,set-balloon\";\n"
	      "\t\t\tguest = <&guest>;\n", out);
	value_line(out, d, KEY_TARGET, "\t\t\t", "target-mib");
	fputs("\t\t};\n\t};\n", out);
}

void description_write(FILE *out, const struct description *d)
{
	write_head(out, d);
	write_host(out, d);
	write_guest(out, d);
	write_commands(out, d);
	fputs("};\n", out);
}
