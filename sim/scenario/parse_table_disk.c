// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a scenario may say, disks and swap devices; see parse-table.c.
 */
#include "parse_table.h"

static const struct property_spec disk_properties[] = {
	ENUM("kind", "hdd ssd nvme", NULL, FIELD(scenario_disk, kind),
	     "what it is: an hdd is swapped in from by slots, the others by neighbours in memory "
	     "(read-ahead); nvme has no elevator and no merging, the others have mq-deadline; "
	     "write-back throttling wants reads to take no more than 75 ms of an hdd, 2 ms else"),
	U64("size-mib", "MiB", 1, MIB_MAX, NULL, FIELD(scenario_disk, size_mib), "size of it"),
	U32("queue-depth", "requests", 1, 1024, NULL, FIELD(scenario_disk, queue_depth),
	    "requests that it serves at once"),
	U32("queue-requests", "requests", 2, 4096, "64, of nvme 1023",
	    FIELD(scenario_disk, nr_requests),
	    "nr_requests of its queue, those being served included; who has more waits"),
	U32("request-kib", "KiB", 0, 32768, "1280, of nvme 0", FIELD(scenario_disk, request_kib),
	    "max_sectors_kb of its queue: requests that wait are merged up to this; 0: not at all"),
	U32("seek-us", "us", 0, 10000000, "0", FIELD(scenario_disk, seek_us),
	    "mean positioning time (exponential) of a request that does not follow the one before"),
	U32("seek-max-us", "us", 0, 10000000, "0", FIELD(scenario_disk, seek_max_us),
	    "limit of the positioning time; 0: none"),
	U32("read-us", "us", 0, 10000000, NULL, FIELD(scenario_disk, read_us),
	    "fixed part of a read request"),
	U32("write-us", "us", 0, 10000000, NULL, FIELD(scenario_disk, write_us),
	    "fixed part of a write request"),
	U32("transfer-mib-per-s", "MiB/s", 1, 1000000, NULL,
	    FIELD(scenario_disk, transfer_mib_per_s), "rate of the data itself"),
};

const struct node_spec node_disk = {
	.kind = NODE_DISK, .compatible = "ballast,disk", .sets = { SET(disk_properties) },
	.doc = "a disk of the host, for all that refers to it: the host's swap space, files, "
	       "guests' images and swap space", .begin = begin_disk,
};

#define SWAP_SIZE                                                                                  \
	U64("size-mib", "MiB", 0, 131071, NULL, FIELD(scenario_swap, size_mib),                    \
	    "size of the swap area")
#define SWAP_READAHEAD(fallback)                                                                   \
	U32("readahead-pages", "pages", 1, 512, fallback, FIELD(scenario_swap, readahead_pages),   \
	    "most that a swap-in reads at once, a power of two (2 to the power of "                \
	    "vm.page-cluster): slots of a rotating disk, else neighbours in memory; 1: none")
#define SWAP_QUEUE(requests, kib)                                                                  \
	U32("queue-depth", "requests", 1, 1024, NULL, FIELD(scenario_swap, queue_depth),           \
	    "requests that the device serves at once"),                                            \
	U32("queue-requests", "requests", 2, 4096, requests, FIELD(scenario_swap, nr_requests),    \
	    "nr_requests of its queue, those being served included"),                              \
	U32("request-kib", "KiB", 0, 32768, kib, FIELD(scenario_swap, request_kib),                \
	    "max_sectors_kb of its queue: requests that wait are merged up to this; 0: not at all")
#define SWAP_SERVICE                                                                               \
	U32("read-us", "us", 0, 10000000, NULL, FIELD(scenario_swap, read_us),                     \
	    "fixed part of a read request"),                                                       \
	U32("write-us", "us", 0, 10000000, NULL, FIELD(scenario_swap, write_us),                   \
	    "fixed part of a write request"),                                                      \
	U32("transfer-mib-per-s", "MiB/s", 1, 1000000, NULL,                                       \
	    FIELD(scenario_swap, transfer_mib_per_s), "rate of the data itself")

static const struct property_spec hdd_properties[] = {
	SWAP_SIZE, SWAP_READAHEAD("8"), SWAP_QUEUE("64", "1280"),
	U32("seek-us", "us", 0, 10000000, NULL, FIELD(scenario_swap, seek_us),
	    "mean positioning time (exponential) of a request that does not follow the one before"),
	U32("seek-max-us", "us", 0, 10000000, NULL, FIELD(scenario_swap, seek_max_us),
	    "limit of the positioning time"),
	SWAP_SERVICE,
};

static const struct property_spec ssd_properties[] = {
	SWAP_SIZE, SWAP_READAHEAD("8"), SWAP_QUEUE("64", "1280"), SWAP_SERVICE,
};

/* It has no scheduler that would merge. */
static const struct property_spec nvme_properties[] = {
	SWAP_SIZE, SWAP_READAHEAD("8"), SWAP_QUEUE("1023", "0"), SWAP_SERVICE,
};

static const struct property_spec zram_properties[] = {
	SWAP_SIZE, SWAP_READAHEAD("1"),
	U32("compressed-percent", "%", 1, 100, NULL, FIELD(scenario_swap, compressed_percent),
	    "memory that a stored page takes, in percent of a page"),
};

#define SWAP_NODE(ident, compatible_, kind_, set, text)                                            \
	const struct node_spec ident = {                                                    \
		.kind = NODE_SWAP, .compatible = compatible_, .variant = kind_, .doc = text,       \
		.single = true, .sets = { SET(set) }, .begin = begin_swap,                         \
	}

SWAP_NODE(node_hdd, "ballast,swap-hdd", SCENARIO_SWAP_HDD, hdd_properties, "a rotating disk");
SWAP_NODE(node_ssd, "ballast,swap-ssd", SCENARIO_SWAP_SSD, ssd_properties, "a SATA flash disk");
SWAP_NODE(node_nvme, "ballast,swap-nvme", SCENARIO_SWAP_NVME, nvme_properties,
	  "an NVMe flash disk");
SWAP_NODE(node_zram, "ballast,swap-zram", SCENARIO_SWAP_ZRAM, zram_properties,
	  "compressed memory");

static const struct property_spec swap_file_properties[] = {
	SWAP_SIZE, SWAP_READAHEAD("8"),
	PHANDLE("disk", 1, NULL, NODE_BIT(NODE_DISK), "the host's disk that it lies on"),
};

SWAP_NODE(node_swap_file, "ballast,swap-file", SCENARIO_SWAP_FILE, swap_file_properties,
	  "swap space on a disk that others use, too");
