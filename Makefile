# SPDX-License-Identifier: GPL-2.0-only
#
# Everything is built from here.
#
#   make            the simulator and the driver images
#   make demo       install what is missing, build, run the demo
#   make check      all tests that need no booted machine
#   make install    to DESTDIR and PREFIX (/usr/local); make uninstall
#   make help       the rest
#
# Variables: CC, O (where products go), SAN=1 (ASan and UBSan), CORO=ucontext (portable switching),
# KDIR (kernel headers), KSRC, QSRC (source trees of Linux and QEMU), ACCEL (tcg, kvm), BALLAST_CACHE
# (what is downloaded and built outside of the checkout), W (extra warning flags), EXTRA_CFLAGS and
# EXTRA_LDFLAGS (for who makes packages).

CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
O ?= build/$(notdir $(CC))$(if $(SAN),-san)$(if $(CORO),-$(CORO))
PYTHON ?= python3

all: $(O)/ballast images

include tests/Makefile.inc

OPT := -O2 -g
ifneq ($(SAN),)
OPT := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
ifeq ($(CORO),ucontext)
CORO_DEF := -DCORO_UCONTEXT
endif
WARN := -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare $(W)
# An image shares structures with the executable that loads it: both say what headers they were compiled with
# (sim/engine/level.c).  The file is newer than what was compiled with others.
MODEL_HEADERS := 0x$(shell cat $$(find sim/linux sim/qemu sim/engine host-model -name '*.h' | LC_ALL=C sort) | sha256sum | cut -c1-8)
HEADERS := $(O)/headers
$(shell mkdir -p $(O); echo $(MODEL_HEADERS) | cmp -s - $(HEADERS) || echo $(MODEL_HEADERS) >$(HEADERS))
HEADERS_DEF := -DBALLAST_HEADERS=$(MODEL_HEADERS)
BASE := -std=gnu11 $(OPT) $(WARN) -fno-strict-aliasing -fPIC -MMD -MP $(CORO_DEF) $(HEADERS_DEF) $(EXTRA_CFLAGS)

# Code that is the model kernel's, or runs on it, sees no libc header.
CC_INCLUDE := $(shell $(CC) -print-file-name=include)
KERNEL_INC := -nostdinc -isystem $(CC_INCLUDE) -Isim/linux/include -Isim/linux -Isim/engine \
	-Ihost-model -Isim/trace
# What the model's configuration says about itself, as include/generated/autoconf.h would.
KERNEL_CONFIG := -DCONFIG_64BIT=1 -DCONFIG_VM_EVENT_COUNTERS=1 -DCONFIG_PM_SLEEP=1
KERNEL_CFLAGS := $(BASE) $(KERNEL_INC) -D__KERNEL__ $(KERNEL_CONFIG)
HOST_CFLAGS := $(BASE) -Isim/engine -Ihost-model -Isim/trace
QEMU_CFLAGS := $(BASE) -Isim/qemu/include -Isim/qemu -Isim/engine -Ihost-model
VERSION := 0.1
PROGRAM_CFLAGS := $(BASE) -DBALLAST_VERSION='"$(VERSION)"' -Isim/scenario -Isim/trace -Isim/engine -Ihost-model \
	-Isim/control -Isim/qemu -Isim/workload -Isim/linux -Isim/cli -Isim/real -Isim/study -Isim/report \
	-Isim/calibrate -Isim/survey -Isim/record

LIBS := -lzstd -lfdt -llzma -ljson-c -larchive -lsqlite3 -lxml2 -ldl -lm

engine_src := $(wildcard sim/engine/*.c)
host_src := $(wildcard host-model/*.c)
linux_src := $(filter-out sim/linux/kernel/module-tail.c sim/workload/posix%.c, \
	$(wildcard sim/linux/kernel/*.c) $(wildcard sim/linux/mm/*.c) \
	$(wildcard sim/linux/virtio/*.c) $(wildcard sim/workload/*.c)) \
	$(wildcard sim/linux/host/*.c) sim/linux/guest.c sim/linux/guest_memory.c sim/linux/guest_pages.c \
	sim/linux/background.c
qemu_src := $(wildcard sim/qemu/*.c)
user_src := $(wildcard sim/trace/*.c) $(wildcard sim/control/*.c) $(wildcard sim/scenario/*.c) $(wildcard sim/real/*.c) \
	$(wildcard sim/study/*.c) $(wildcard sim/report/*.c) $(wildcard sim/calibrate/*.c) \
	$(wildcard sim/survey/*.c) $(wildcard sim/record/*.c) \
	$(filter-out sim/cli/main.c,$(wildcard sim/cli/*.c))

# Sorted: make's own order of wildcards is that of the locale.
obj = $(sort $(patsubst %,$(O)/%.o,$(basename $(1))))
engine_obj := $(call obj,$(engine_src))
host_obj := $(call obj,$(host_src))
linux_obj := $(call obj,$(linux_src))
qemu_obj := $(call obj,$(qemu_src))
user_obj := $(call obj,$(user_src))
lib_obj := $(engine_obj) $(host_obj) $(linux_obj) $(qemu_obj) $(user_obj)

$(engine_obj) $(host_obj): CFLAGS_FOR = $(HOST_CFLAGS)
$(linux_obj): CFLAGS_FOR = $(KERNEL_CFLAGS)
$(qemu_obj): CFLAGS_FOR = $(QEMU_CFLAGS)
$(user_obj) $(O)/sim/cli/main.o: CFLAGS_FOR = $(PROGRAM_CFLAGS)
XML_CFLAGS := $(shell xml2-config --cflags 2>/dev/null || echo -I/usr/include/libxml2)
$(O)/sim/survey/libvirt.o: CFLAGS_FOR = $(PROGRAM_CFLAGS) $(XML_CFLAGS)

$(O)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CFLAGS_FOR) -c -o $@ $<

# Images link against the executable's symbols when they are loaded, all of them.
LINK := $(CC) $(OPT) -Wl,--export-dynamic $(EXTRA_LDFLAGS)

$(O)/ballast: $(lib_obj) $(O)/sim/cli/main.o
	@echo "  LD      $@"
	@$(LINK) -o $@ $^ $(LIBS)

# The versions of Linux and QEMU that there are (sim/engine/level.c), and those that our driver and device are
# built for besides the standard ones; such an image is images/linux-6.12/NAME.so, images/qemu-10.0/NAME.so.
MODEL_LINUX := 5.10 5.15 6.1 6.6 6.12 7.2 7.3
MODEL_QEMU := 7.2 8.2 9.2 10.0 10.2
LINUX_LEVELS := $(filter-out 5.% 6.1,$(MODEL_LINUX))
QEMU_LEVELS := $(filter-out 7.2,$(MODEL_QEMU))

# One image per driver or device; the loader makes the copies.
IMAGES := $(addprefix $(O)/images/,virtio_ballast.so page_hinting.so virtio-ballast.so virtio-page-hint.so \
	kvm_page_hint.so kvm_page_hint_host.so vhost_page_hint.so \
	$(LINUX_LEVELS:%=linux-%/virtio_ballast.so) $(QEMU_LEVELS:%=qemu-%/virtio-ballast.so))
images: $(IMAGES)

# What images are compiled with, here and by `ballast build-image` (sim/cli/build_image.c has this very list).
IMAGE_CODE := -std=gnu11 $(OPT) -fno-strict-aliasing -fPIC $(CORO_DEF) $(HEADERS_DEF)
GUEST_IMAGE_FLAGS := -D__KERNEL__ -DMODULE $(KERNEL_CONFIG) -Isim/linux/include -Isim/linux -Isim/engine \
	-Ihost-model -Idriver-src/uapi -Isim/linux/include/drivers/vhost -Isim/linux/mm
DEVICE_IMAGE_FLAGS := -Isim/qemu/include -Isim/qemu -Isim/engine -Ihost-model -Idriver-src/uapi
IMAGE_LINK := -shared -Wl,-Bsymbolic

GUEST_IMAGE_CFLAGS = $(IMAGE_CODE) $(WARN) $(EXTRA_CFLAGS) -MMD -MP -nostdinc -isystem $(CC_INCLUDE) $(GUEST_IMAGE_FLAGS) \
	-Idriver-src/linux/guest -Itests/broken
DEVICE_IMAGE_CFLAGS = $(IMAGE_CODE) $(WARN) $(EXTRA_CFLAGS) -MMD -MP $(DEVICE_IMAGE_FLAGS) -Idriver-src/qemu

# What `ballast --version` says of the executable: a digest of all that it is compiled from.
program_src := $(sort $(engine_src) $(host_src) $(linux_src) $(qemu_src) $(user_src) sim/cli/main.c \
	$(shell find sim host-model -name '*.h' -o -name '*.def'))
$(O)/sim/cli/version.o: $(program_src)
$(O)/sim/cli/import_kmem.o: CFLAGS_FOR = $(PROGRAM_CFLAGS) -Idriver-src/uapi
$(O)/sim/cli/version.o: CFLAGS_FOR = $(PROGRAM_CFLAGS) \
	-DBALLAST_SOURCES='"$(shell cat $(program_src) | sha256sum | cut -c1-16)"'

$(O)/sim/engine/level.o: $(HEADERS)
$(O)/sim/cli/build_image.o: Makefile $(HEADERS)
$(O)/sim/cli/build_image.o: CFLAGS_FOR = $(PROGRAM_CFLAGS) -DIMAGE_CC='"$(CC)"' -DIMAGE_CODE='"$(IMAGE_CODE)"' \
	-DIMAGE_WARN='"$(UPSTREAM_WARN)"' -DGUEST_IMAGE_FLAGS='"$(GUEST_IMAGE_FLAGS)"' \
	-DDEVICE_IMAGE_FLAGS='"$(DEVICE_IMAGE_FLAGS)"' -DIMAGE_LINK='"$(IMAGE_LINK)"'

# Version and digest of an image's sources, as the section .ballast.source has them: of $(1), with our ABI
# and device headers.  The same whatever compiles them, and so all of them make an object out of date.
image_headers := $(sort $(wildcard driver-src/uapi/*.h driver-src/qemu/*.h driver-src/linux/*/*.h))
image_source = -DBALLAST_IMAGE_SOURCE='"$(if $(2),$(2),$(VERSION))\0" "$(shell cat $(1) $(image_headers) | \
	sha256sum | cut -c1-16)"'

part = $(word $(2),$(subst ., ,$(1)))
linux_level = $(if $(1),-DLINUX_VERSION_MAJOR=$(call part,$(1),1) -DLINUX_VERSION_PATCHLEVEL=$(call part,$(1),2))
qemu_level = $(if $(1),-DQEMU_VERSION_MAJOR=$(call part,$(1),1) -DQEMU_VERSION_MINOR=$(call part,$(1),2))
linux_dir = $(if $(1),linux-$(1)/)
qemu_dir = $(if $(1),qemu-$(1)/)
module_tail = $(O)/images/obj/$(call linux_dir,$(1))module-tail.o

# Arguments: name, source, all sources of the image, version of Linux (none: 6.1).
define guest_object
$(O)/images/obj/$(call linux_dir,$(4))$(1)/$(basename $(notdir $(2))).o: $(2) $(3) $(image_headers) $(HEADERS)
	@mkdir -p $$(@D)
	@echo "  CC      $(2)$(if $(4), for Linux $(4))"
	@$$(CC) $$(GUEST_IMAGE_CFLAGS) $(call linux_level,$(4)) -DKBUILD_MODNAME='"$(subst -,_,$(1))"' \
		$$(call image_source,$(3)) -c -o $$@ $$<
endef

# Arguments: name, sources, version of Linux.
define guest_image
$(foreach s,$(2),$(eval $(call guest_object,$(1),$(s),$(2),$(3))))

# Made anew when the Makefile changes: it says what of.
$(O)/images/$(call linux_dir,$(3))$(1).so: Makefile $(call module_tail,$(3)) \
		$(patsubst %.c,$(O)/images/obj/$(call linux_dir,$(3))$(1)/%.o,$(notdir $(2)))
	@mkdir -p $$(@D)
	@echo "  IMAGE   $$@"
	@$$(CC) $$(OPT) $$(IMAGE_LINK) $$(EXTRA_LDFLAGS) -o $$@ $$(filter %.o,$$^)
endef

# Arguments: name, source, all sources of the image, version of QEMU (none: 7.2).
define device_object
$(O)/images/obj/$(call qemu_dir,$(4))$(1)/$(basename $(notdir $(2))).o: $(2) $(3) $(image_headers) $(HEADERS)
	@mkdir -p $$(@D)
	@echo "  CC      $(2)$(if $(4), for QEMU $(4))"
	@$$(CC) $$(DEVICE_IMAGE_CFLAGS) $(call qemu_level,$(4)) $$(call image_source,$(3)) -c -o $$@ $$<
endef

# Arguments: name, sources, version of QEMU.
define device_image
$(foreach s,$(2),$(eval $(call device_object,$(1),$(s),$(2),$(3))))

$(O)/images/$(call qemu_dir,$(3))$(1).so: Makefile \
		$(patsubst %.c,$(O)/images/obj/$(call qemu_dir,$(3))$(1)/%.o,$(notdir $(2)))
	@mkdir -p $$(@D)
	@echo "  IMAGE   $$@"
	@$$(CC) $$(OPT) $$(IMAGE_LINK) $$(EXTRA_LDFLAGS) -o $$@ $$(filter %.o,$$^)
endef

# Argument: version of Linux.
define tail_object
$(call module_tail,$(1)): sim/linux/kernel/module-tail.c $(HEADERS)
	@mkdir -p $$(@D)
	@$$(CC) $$(GUEST_IMAGE_CFLAGS) $(call linux_level,$(1)) -DKBUILD_MODNAME='"module_tail"' -c -o $$@ $$<
endef
$(eval $(call tail_object))
$(foreach v,$(LINUX_LEVELS),$(eval $(call tail_object,$(v))))

driver_src := driver-src/linux/guest/virtio_ballast.c
$(eval $(call guest_image,virtio_ballast,$(driver_src)))
$(foreach v,$(LINUX_LEVELS),$(eval $(call guest_image,virtio_ballast,$(driver_src),$(v))))
$(eval $(call guest_image,kvm_page_hint,driver-src/linux/guest/kvm_page_hint.c))
$(eval $(call guest_image,kvm_page_hint_host,driver-src/linux/host/kvm_page_hint.c))
$(eval $(call guest_image,vhost_page_hint,driver-src/linux/host/vhost_page_hint.c))
hinting_src := $(sort $(wildcard driver-src/linux/guest/page_hinting*.c))
$(eval $(call guest_image,page_hinting,$(hinting_src)))
# The PCI proxies are QEMU's bus code around the devices; the model VMM has its own (transport.c).
device_sources = $(filter-out %-pci.c %-stub.c,$(sort $(wildcard driver-src/qemu/$(1)*.c)) \
	$(wildcard driver-src/qemu/ballast-*.c))
device_src := $(call device_sources,virtio-ballast)
$(eval $(call device_image,virtio-ballast,$(device_src)))
$(foreach v,$(QEMU_LEVELS),$(eval $(call device_image,virtio-ballast,$(device_src),$(v))))
$(eval $(call device_image,virtio-page-hint,$(call device_sources,virtio-page-hint)))

demo: deps
	@$(MAKE) --no-print-directory all
	@$(O)/ballast demo

deps:
	@sh tests/deps.sh $(DEPS)

clean:
	rm -rf build

# Published figures beside the simulator's: some five minutes.
validation: $(O)/ballast images
	@sh tests/validation.sh $(O)/ballast >$(O)/validation.md
	@mv $(O)/validation.md docs/validation.md
	@echo "  DOC     docs/validation.md"

# The arguments of the thread, each as a comparison.
debate: $(O)/ballast images
	@sh tests/debate.sh $(O)/ballast >$(O)/debate.md
	@mv $(O)/debate.md docs/debate.md
	@echo "  DOC     docs/debate.md"

# Stock drivers and devices of each version that there are sources of, each with each: a minute.
versions: $(O)/ballast images
	@PYTHON=$(PYTHON) sh tests/versions.sh $(O) >$(O)/versions.md
	@mv $(O)/versions.md docs/versions.md
	@echo "  DOC     docs/versions.md"

# The same rows as in the document, of those versions that Debian has; some of them it has for ever.
check-versions: $(O)/ballast images
	@$(PYTHON) tests/versions.py $(O) docs/versions.md

# The plot of README.md, out of the report of the demo.
picture: $(O)/ballast images
	@$(O)/ballast demo --report $(O)/demo.html >/dev/null
	@sh tests/picture.sh $(O)/demo.html Footprint >$(O)/footprint.svg
	@mv $(O)/footprint.svg docs/footprint.svg
	@echo "  DOC     docs/footprint.svg"

help:
	@echo "simulator:     all demo debate validation versions picture check check-SUBJECT check-asan fuzz check-tidy bench deps install uninstall deb check-deb check-bare clean"
	@echo "viewer:        deps-viz viz check-pictures pictures-accept check-window bench-view fuzz-index"
	@echo "stock sources: upstream upstream-report upstream-traps check-versions check-same-lines"
	@echo "real builds:   deps-real modules modules_install sparse checkpatch kernel qemu real"
	@echo "real boots:    check-real check-real-long check-qtest check-same"

include sim/cli/install.mk
include tests/rules.mk
include tests/real.mk
include tests/deb.mk
include sim/real/guest.mk
include viz/viz.mk

-include $(patsubst %.o,%.d,$(lib_obj)) $(wildcard $(O)/images/obj/*.d) \
	$(wildcard $(O)/images/obj/*/*.d) $(wildcard $(O)/images/obj/*/*/*.d)

.PHONY: all images demo debate validation versions check-versions picture deps clean help
.DELETE_ON_ERROR:
