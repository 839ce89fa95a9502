// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest as libvirt describes it: the XML of a domain, as `virsh dumpxml` prints it.
 *
 * Elements and their defaults are those of libvirt's docs/formatdomain.rst; what is here is what a
 * scenario has a word for.  Nothing outside of the file is read (no DTDs, entities, network).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/xpath.h>

#include "description.h"
#include "scenario.h"

#define XML_MAX (1 << 20)	/* bytes */

struct domain {
	struct description *d;
	const char *file;
	xmlDocPtr doc;
	xmlXPathContextPtr xpath;
	char *error;
	size_t error_size;
};

static int complain(const struct domain *dom, const char *what)
{
	snprintf(dom->error, dom->error_size, "%s: %s", dom->file, what);
	return -1;
}

/* Text of an element or attribute, "" if there is none; white space around it is gone. */
static void text_of(const struct domain *dom, const char *path, char *text, size_t size)
{
	char expression[256];
	xmlXPathObjectPtr result;

	snprintf(expression, sizeof(expression), "normalize-space(string(%s))", path);
	result = xmlXPathEvalExpression((const xmlChar *)expression, dom->xpath);
	snprintf(text, size, "%s", result && result->stringval ? (char *)result->stringval : "");
	xmlXPathFreeObject(result);
}

static bool is_there(const struct domain *dom, const char *path)
{
	char expression[256];
	xmlXPathObjectPtr result;
	bool there;

	snprintf(expression, sizeof(expression), "boolean(%s)", path);
	result = xmlXPathEvalExpression((const xmlChar *)expression, dom->xpath);
	there = result && result->boolval;
	xmlXPathFreeObject(result);
	return there;
}

static bool is_on(const struct domain *dom, const char *path)
{
	char text[16];

	text_of(dom, path, text, sizeof(text));
	return !strcmp(text, "on") || !strcmp(text, "yes");
}

/* virScaleInteger(): KB is 1000, K and KiB are 1024; without a unit KiB. */
static uint64_t unit_bytes(const char *unit)
{
	static const char letters[] = "kmgtpe";
	const char *letter;
	uint64_t bytes = 1, base;
	char first;

	if (!unit[0])
		return 1024;
	if (!strcmp(unit, "b") || !strcmp(unit, "bytes"))
		return 1;
	first = unit[0] | 0x20;
	letter = strchr(letters, first);
	if (!letter || (unit[1] && strcmp(unit + 1, "iB") && strcmp(unit + 1, "B")))
		return 0;
	base = unit[1] == 'B' ? 1000 : 1024;
	for (const char *l = letters; l <= letter; l++)
		bytes *= base;
	return bytes;
}

/* 0, with *bytes 0 if the element is not there; -1 with an error if it is not a size. */
static int size_at(const struct domain *dom, const char *path, const char *unit_path,
		   uint64_t *bytes)
{
	char text[64], unit[32], what[256];
	uint64_t n, each;

	*bytes = 0;
	text_of(dom, path, text, sizeof(text));
	if (!text[0])
		return 0;
	text_of(dom, unit_path, unit, sizeof(unit));
	each = unit_bytes(unit);
	if (each && scenario_parse_number(text, &n) && n <= UINT64_MAX / each) {
		*bytes = n * each;
		return 0;
	}
	snprintf(what, sizeof(what), "%s: \"%s\" of unit \"%s\" is no size; allowed: a number, and "
		 "KiB, MiB, GiB, ...", path, text, unit[0] ? unit : "KiB");
	return complain(dom, what);
}

static int size_of(const struct domain *dom, const char *path, uint64_t *bytes)
{
	char unit_path[160];

	snprintf(unit_path, sizeof(unit_path), "%s/@unit", path);
	return size_at(dom, path, unit_path, bytes);
}

static int read_memory(const struct domain *dom)
{
	uint64_t memory, current, most, limit;

	if (size_of(dom, "/domain/memory", &memory) ||
	    size_of(dom, "/domain/currentMemory", &current) ||
	    size_of(dom, "/domain/maxMemory", &most) ||
	    size_of(dom, "/domain/memtune/hard_limit", &limit))
		return -1;
	if (!memory)
		return complain(dom, "/domain/memory: there is none; allowed: a domain with "
				"<memory unit='KiB'>N</memory>");
	description_put_bytes(dom->d, KEY_MEMORY, memory, "<memory>");
	/* libvirt tells the balloon when it has started QEMU. */
	if (current && current < memory)
		description_put_bytes(dom->d, KEY_TARGET, current, "<currentMemory>");
	if (most > memory)
		description_remark(dom->d, "<maxMemory> is %" PRIu64 " MiB: memory is not plugged "
				   "in in scenarios", most >> 20);
	if (limit)
		description_put_bytes(dom->d, KEY_LIMIT, limit, "<hard_limit>");
	return 0;
}

static int read_vcpus(const struct domain *dom)
{
	static const char *const paths[] = { "/domain/vcpu/@current", "/domain/vcpu" };
	char text[32];
	uint64_t n;

	for (int i = 0; i < 2; i++) {
		text_of(dom, paths[i], text, sizeof(text));
		if (!text[0])
			continue;
		if (!scenario_parse_number(text, &n) || !n)
			return complain(dom, "/domain/vcpu: is no number of CPUs; allowed: 1 or "
					"more");
		description_put(dom->d, KEY_VCPUS, n, "<vcpu>");
		return 0;
	}
	description_put(dom->d, KEY_VCPUS, 1, "libvirt's default");
	return 0;
}

static int read_balloon(const struct domain *dom)
{
	struct description *d = dom->d;
	char model[32], period[32];
	uint64_t n;

	text_of(dom, "/domain/devices/memballoon/@model", model, sizeof(model));
	description_put(d, KEY_BALLOON, strcmp(model, "none") != 0,
			model[0] ? "<memballoon>" : "libvirt's default");
	if (!d->value[KEY_BALLOON])
		return 0;
	description_put(d, KEY_REPORTING,
			is_on(dom, "/domain/devices/memballoon/@freePageReporting"),
			"freePageReporting of <memballoon>");
	description_put(d, KEY_DEFLATE, is_on(dom, "/domain/devices/memballoon/@autodeflate"),
			"autodeflate of <memballoon>");
	description_put(d, KEY_HINTING, 0, "libvirt sets it never");
	text_of(dom, "/domain/devices/memballoon/stats/@period", period, sizeof(period));
	if (!period[0])
		return 0;
	if (!scenario_parse_number(period, &n))
		return complain(dom, "/domain/devices/memballoon/stats/@period: is no number; "
				"allowed: seconds");
	description_put(d, KEY_STATS, n, "<stats> of <memballoon>");
	return 0;
}

static int read_backing(const struct domain *dom)
{
	struct survey_backing b = { .origin = "<memoryBacking>" };
	char type[32], access[32];
	uint64_t page;

	text_of(dom, "/domain/memoryBacking/source/@type", type, sizeof(type));
	text_of(dom, "/domain/memoryBacking/access/@mode", access, sizeof(access));
	if (size_at(dom, "/domain/memoryBacking/hugepages/page/@size",
		    "/domain/memoryBacking/hugepages/page/@unit", &page))
		return -1;
	b.page_kib = page >> 10;
	b.huge = is_there(dom, "/domain/memoryBacking/hugepages");
	b.file = !strcmp(type, "file") || !strcmp(type, "memfd");
	b.shared = !strcmp(access, "shared") ||
		   is_there(dom, "/domain/cpu/numa/cell[@memAccess='shared']");
	b.locked = is_there(dom, "/domain/memoryBacking/locked");
	b.pinned = is_there(dom, "/domain/devices/hostdev[@type='pci' or @type='mdev']") ||
		   is_there(dom, "/domain/devices/interface[@type='hostdev']");
	survey_put_backing(dom->d, &b);
	return 0;
}

/* Of the first disk that is none of a CD drive or a floppy. */
static int read_disk(const struct domain *dom)
{
	char mode[32], what[160];

	if (!is_there(dom, "/domain/devices/disk[not(@device) or @device='disk']"))
		return 0;
	text_of(dom, "/domain/devices/disk[not(@device) or @device='disk'][1]/driver/@cache", mode,
		sizeof(mode));
	if (dom->d->value[KEY_DISK] == DISK_NONE)
		description_put(dom->d, KEY_DISK, DISK_SSD, "<disk>; its kind is not known");
	if (survey_put_cache(dom->d, mode[0] ? mode : "default",
			     mode[0] ? "cache of <disk>" : "QEMU's default"))
		return 0;
	snprintf(what, sizeof(what), "/domain/devices/disk/driver/@cache: there is no mode \"%s\"; "
		 "allowed: default, none, writethrough, writeback, directsync, unsafe", mode);
	return complain(dom, what);
}

static void read_rest(const struct domain *dom)
{
	char type[32];

	text_of(dom, "/domain/name", dom->d->name, sizeof(dom->d->name));
	text_of(dom, "/domain/@type", type, sizeof(type));
	if (strcmp(type, "kvm") && strcmp(type, "qemu"))
		description_remark(dom->d, "the domain is of type \"%s\": a scenario's VMM is QEMU "
				   "with KVM", type);
	if (is_there(dom, "/domain/numatune"))
		description_remark(dom->d, "<numatune>: a scenario's host has one node");
	if (is_there(dom, "/domain/cputune"))
		description_remark(dom->d, "<cputune>: CPU time may be limited by cpu-weight and "
				   "cpu-quota-us of a ballast,cgroup");
	if (is_there(dom, "/domain/memtune/*[not(self::hard_limit)]"))
		description_remark(dom->d, "<memtune>: of its limits hard_limit only is here; "
				   "others are properties of ballast,cgroup");
}

static int read_domain(struct domain *dom)
{
	if (!is_there(dom, "/domain"))
		return complain(dom, "the document is not a domain; allowed: what virsh dumpxml "
				"prints");
	read_rest(dom);
	return read_memory(dom) || read_vcpus(dom) || read_balloon(dom) || read_backing(dom) ||
	       read_disk(dom) ? -1 : 0;
}

/* What libxml2 has said last, in one line. */
static int not_xml(const struct domain *dom)
{
	const xmlError *last = xmlGetLastError();
	const char *text = last && last->message ? last->message :
			   "it is empty; allowed: what virsh dumpxml prints";
	char what[300];

	if (last && last->line > 0)
		snprintf(what, sizeof(what), "line %d: %.*s; allowed: well-formed XML, what virsh "
			 "dumpxml prints", last->line, (int)strcspn(text, "\n"), text);
	else
		snprintf(what, sizeof(what), "%.*s", (int)strcspn(text, "\n"), text);
	return complain(dom, what);
}

/* Its text, which the caller frees; NULL with an error: it cannot be read, or is no domain's. */
static char *read_text(const struct domain *dom, size_t *size)
{
	FILE *f = fopen(dom->file, "r");
	int why = errno;
	char *text = malloc(XML_MAX), what[128];

	if (!text)
		abort();
	if (f) {
		errno = 0;
		*size = fread(text, 1, XML_MAX, f);
		why = ferror(f) ? errno : 0;
		fclose(f);
	}
	if (f && !why && *size < XML_MAX)
		return text;
	free(text);
	if (f && !why)
		snprintf(what, sizeof(what), "is of %d bytes or more; allowed: what virsh dumpxml "
			 "prints", XML_MAX);
	else
		snprintf(what, sizeof(what), "cannot be read: %s", strerror(why));
	complain(dom, what);
	return NULL;
}

int survey_libvirt(struct description *d, const char *file, char *error, size_t error_size)
{
	struct domain dom = { .d = d, .file = file, .error = error, .error_size = error_size };
	size_t size = 0;
	char *text = read_text(&dom, &size);
	int ret;

	if (!text)
		return -1;
	d->source = "a domain of libvirt";
	xmlResetLastError();
	dom.doc = xmlReadMemory(text, size, NULL, NULL,
				XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	dom.xpath = dom.doc ? xmlXPathNewContext(dom.doc) : NULL;
	ret = dom.xpath ? read_domain(&dom) : not_xml(&dom);
	xmlXPathFreeContext(dom.xpath);
	xmlFreeDoc(dom.doc);
	xmlCleanupParser();
	free(text);
	return ret;
}
