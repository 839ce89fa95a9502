# SPDX-License-Identifier: GPL-2.0-only
# Stock sources against our headers, and our sources against the real headers.
#
# KDIR: headers of a built kernel; KSRC, QSRC: source trees of Linux 6.1 and QEMU 7.2, of your own
# instead of Debian's.  BALLAST_CACHE: where downloads and large builds are kept (~/.cache/ballast).

UPSTREAM_SRC := $(O)/upstream
# As kbuild has them: what a header does not declare is an error, the rest is the author's affair.
UPSTREAM_WARN := -Werror=implicit-function-declaration -Werror=implicit-int -Werror=return-type \
	-Werror=incompatible-pointer-types -Werror=int-conversion -Wno-pointer-sign
UPSTREAM_CFLAGS := $(filter-out -Wall -Wextra -Werror -Wno-%,$(BASE)) $(UPSTREAM_WARN)
# The versions of what is being compiled, as upstream.sh found them.
-include $(UPSTREAM_SRC)/levels.mk
not_standard = $(if $(filter-out $(1),$(2)),$(2))
upstream_linux = $(call not_standard,6.1,$(UPSTREAM_LINUX))
upstream_qemu = $(call not_standard,7.2,$(UPSTREAM_QEMU_VERSION))
UPSTREAM_KERNEL = $(call linux_level,$(upstream_linux)) $(UPSTREAM_CFLAGS) $(KERNEL_INC) $(KERNEL_CONFIG) -Isim/linux/mm -D__KERNEL__ -DMODULE
UPSTREAM_QEMU = $(call qemu_level,$(upstream_qemu)) $(UPSTREAM_CFLAGS) -Isim/qemu/include -Isim/qemu -Isim/engine -Ihost-model -I$(UPSTREAM_SRC)
UPSTREAM := virtio_balloon page_reporting virtio-balloon
# parts of a kernel, of which a tree of one's own may lack some; their source defines what headers turn into
# calls from a driver
UPSTREAM_PARTS := balloon_core virtio_ring virtio
upstream_parts = $(foreach p,$(UPSTREAM_PARTS),$(if $(wildcard $(UPSTREAM_SRC)/$(p).c),$(p)))
upstream_is_part = $(if $(filter balloon_core,$(1)),-DBALLOON_CORE) $(if $(filter virtio_ring,$(1)),-DVIRTIO_RING)

# As image_source of the Makefile; the file is there when the recipe runs, not before.
upstream_source = -DBALLAST_IMAGE_SOURCE="\"upstream\\0\" \"$$(sha256sum < $(UPSTREAM_SRC)/$(1) | cut -c1-16)\""

# An image that could not be built is not there: nothing runs with the one from before.
upstream:
	@$(upstream_get)
	@$(MAKE) --no-print-directory -k upstream-images

upstream-images: $(addprefix upstream-,$(UPSTREAM) $(upstream_parts))

upstream_get = KSRC=$(KSRC) QSRC=$(QSRC) LINUX=$(LINUX) QEMU=$(QEMU) sh tests/upstream.sh $(UPSTREAM_SRC)

upstream-virtio_balloon upstream-page_reporting $(UPSTREAM_PARTS:%=upstream-%): upstream-%:
	@echo "  UPSTREAM $*.c of Linux $(UPSTREAM_LINUX)"
	@mkdir -p $(O)/images/$(call linux_dir,$(upstream_linux))
	@rm -f $(O)/images/$(call linux_dir,$(upstream_linux))$@.so
	@$(CC) $(UPSTREAM_KERNEL) $(call upstream_is_part,$*) -DKBUILD_MODNAME='"$*"' -shared -Wl,-Bsymbolic \
		$(call upstream_source,$*.c) \
		-o $(O)/images/$(call linux_dir,$(upstream_linux))$@.so \
		$(UPSTREAM_SRC)/$*.c sim/linux/kernel/module-tail.c

upstream-virtio-balloon:
	@echo "  UPSTREAM virtio-balloon.c of QEMU $(UPSTREAM_QEMU_VERSION)"
	@mkdir -p $(O)/images/$(call qemu_dir,$(upstream_qemu))
	@rm -f $(O)/images/$(call qemu_dir,$(upstream_qemu))$@.so
	@$(CC) $(UPSTREAM_QEMU) $(call upstream_source,virtio-balloon.c) -shared -Wl,-Bsymbolic \
		-o $(O)/images/$(call qemu_dir,$(upstream_qemu))$@.so $(UPSTREAM_SRC)/virtio-balloon.c

need_python = command -v $(PYTHON) >/dev/null || { echo "ballast: there is no '$(PYTHON)'; run 'make deps-real'" >&2; exit 2; }

# What of the sources' interfaces the model does not have, file by file; nothing is built.
upstream-report:
	@$(upstream_get)
	@$(MAKE) --no-print-directory upstream-reported

upstream-reported:
	@$(need_python)
	@$(PYTHON) tests/upstream_report.py $(CC) \
		$(UPSTREAM_SRC)/virtio_balloon.c '$(UPSTREAM_KERNEL) -DKBUILD_MODNAME=\"x\"' \
		$(UPSTREAM_SRC)/page_reporting.c '$(UPSTREAM_KERNEL) -DKBUILD_MODNAME=\"x\"' \
		$(foreach p,$(upstream_parts),$(UPSTREAM_SRC)/$(p).c \
			'$(UPSTREAM_KERNEL) $(call upstream_is_part,$(p)) -DKBUILD_MODNAME=\"x\"') \
		$(UPSTREAM_SRC)/virtio-balloon.c '$(UPSTREAM_QEMU)'

# A driver of a tree (DRIVER=drivers/virtio/virtio_mem.c) whose interfaces the model has in part: what it lacks is
# declared as the tree has it, and calling that stops the guest.  All of it is in TRAPS, the image is traps-NAME.
TRAPS = $(abspath $(O)/traps/$(basename $(notdir $(DRIVER))))
traps_name = $(subst -,_,$(basename $(notdir $(DRIVER))))

upstream-traps:
	@[ -n "$(KSRC)" ] && [ -f "$(KSRC)/$(DRIVER)" ] || { echo "ballast: upstream-traps: there is no" \
		"KSRC/DRIVER='$(KSRC)/$(DRIVER)'; say KSRC=TREE DRIVER=PATH/IN/IT.c" >&2; exit 2; }
	@command -v ctags >/dev/null || { echo "ballast: upstream-traps: there is no 'ctags' on this machine;" \
		"run 'make deps-real'" >&2; exit 2; }
	@version=$$(KSRC=$(KSRC) LINUX=$(LINUX) sh tests/upstream.sh --linux) && \
		$(MAKE) --no-print-directory upstream-trapped UPSTREAM_LINUX=$$version

upstream-trapped:
	@$(need_python)
	@mkdir -p $(TRAPS) $(O)/images/$(call linux_dir,$(upstream_linux))
	@rm -f $(O)/images/$(call linux_dir,$(upstream_linux))traps-$(traps_name).so
	@$(PYTHON) tests/upstream_traps.py $(CC) $(KSRC) $(DRIVER) $(TRAPS) '$(UPSTREAM_KERNEL) -DKBUILD_MODNAME=\"$(traps_name)\"'
	@$(CC) $(UPSTREAM_KERNEL) -w -fno-optimize-sibling-calls -DKBUILD_MODNAME='"$(traps_name)"' -shared -Wl,-Bsymbolic \
		-DBALLAST_IMAGE_SOURCE="\"upstream\\0\" \"$$(sha256sum < $(KSRC)/$(DRIVER) | cut -c1-16)\"" \
		-I$(TRAPS) -I$(KSRC)/$(dir $(DRIVER)) -I$(TRAPS)/stubs \
		-o $(O)/images/$(call linux_dir,$(upstream_linux))traps-$(traps_name).so \
		$(TRAPS)/driver.c $(TRAPS)/traps.c sim/linux/kernel/module-tail.c
	@echo "  TRAPS   $(O)/images/$(call linux_dir,$(upstream_linux))traps-$(traps_name).so"

# Our kernel code against real headers, in a copy of the directory, so that nothing is left in it.
KDIR ?= $(lastword $(sort $(wildcard /usr/src/linux-headers-6.1*-cloud-amd64 /lib/modules/*/build)))
MODULES := $(abspath $(O))/modules
INSTALL_MOD_PATH ?=

modules sparse:
	@sh tests/real/modules.sh "$(KDIR)" $(MODULES) $(if $(filter sparse,$@),C=2 CF=-Wsparse-error) modules

modules_install: modules
	@sh tests/real/modules.sh "$(KDIR)" $(MODULES) INSTALL_MOD_PATH=$(INSTALL_MOD_PATH) modules_install

# checkpatch comes with the sources only, those of Linux and those of QEMU.
checkpatch:
	@KSRC=$(KSRC) QSRC=$(QSRC) sh tests/real/checkpatch.sh

# Nothing of ours is copied from them.
check-same-lines:
	@KSRC=$(KSRC) QSRC=$(QSRC) sh tests/same_lines.sh

check-your-patch: $(O)/ballast images
	@sh tests/your_patch.sh

# A real kernel with our driver built in, a real QEMU with our device; see tests/real/cache.sh.
REAL := $(O)/real

kernel:
	@KSRC=$(KSRC) LINUX=$(LINUX) KERNEL_DEBUG=$(KERNEL_DEBUG) KERNEL_HOST=$(KERNEL_HOST) sh tests/real/kernel.sh \
		$(REAL)$(if $(KERNEL_DEBUG),/debug)$(if $(KERNEL_HOST),/host)

qemu:
	@QSRC=$(QSRC) QEMU=$(QEMU) sh tests/real/qemu.sh $(REAL)

stock-kernel:
	@sh tests/real/stock.sh $(REAL)/stock "$(KDIR)"

deps-real:
	@sh tests/deps.sh real

# All that a boot needs: `ballast real` finds it beside the executable.
real: modules stock-kernel qemu $(O)/ballast $(REAL)/agent
	@mkdir -p $(REAL)/modules
	@cp $(MODULES)/linux/guest/*.ko $(REAL)/modules/

real_tests := $(patsubst tests/real/test_%.c,%,$(wildcard tests/real/test_*.c))

$(O)/tests/real/%.o: tests/real/%.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(PROGRAM_CFLAGS) $(CHECK_CFLAGS) -Itests -Itests/real -Itests/hostile -c -o $@ $<

$(O)/tests/real/test_%: $(O)/tests/real/test_%.o $(O)/tests/real/boot.o $(O)/tests/real/rows.o \
		$(O)/tests/real/host_machine.o $(O)/tests/real/worlds.o $(lib_obj)
	@echo "  LD      $@"
	@$(LINK) -o $@ $^ $(LIBS) $(CHECK_LIBS)

include tests/real/qtest.mk

# ACCEL=kvm boots with KVM.
ACCEL ?= tcg
real_run = @CC="$(CC)" BALLAST_REAL=$(abspath $(REAL)) BALLAST_ACCEL=$(ACCEL) BALLAST_TOP=$(CURDIR) \
	BALLAST_STOCK_MODULE=$(BALLAST_STOCK_MODULE) BALLAST_LONG=$(1) \
	BALLAST_ROWS=$(if $(1),$(abspath $(REAL))/rows) TEST_DIR=$(O)/tests/real sh tests/run.sh

# The simulator, the module, the kernel and QEMU were made from the same files.
check-same: modules qemu kernel images
	@sh tests/real/same-sources.sh $(O)

# Init of a host in test_host.
$(REAL)/host-hints: tests/guest/host_hints.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) -std=gnu11 -O2 -static $(WARN) -Idriver-src/uapi -o $@ $<

host-kernel: kernel
	@$(MAKE) --no-print-directory kernel KERNEL_HOST=1

# The short forms.
check-real: real kernel images $(patsubst %,$(O)/tests/real/test_%,$(real_tests))
	$(call real_run,) $(filter-out debug host nested versions recording,$(real_tests))

# The driver and the device in a kernel and a QEMU of other versions.
VERSION_REAL = $(REAL)/linux-$(LINUX)-qemu-$(QEMU)
real-version: $(REAL)/agent
	@[ -n "$(LINUX)" ] && [ -n "$(QEMU)" ] || { echo "ballast: real-version: of which? say" \
		"LINUX=7.3 QEMU=10.2" >&2; exit 2; }
	@KSRC=$(KSRC) LINUX=$(LINUX) sh tests/real/kernel.sh $(VERSION_REAL)
	@QSRC=$(QSRC) QEMU=$(QEMU) sh tests/real/qemu.sh $(VERSION_REAL)
	@cp $(REAL)/agent $(VERSION_REAL)/agent

check-real-version: real-version $(O)/tests/real/test_versions
	@CC="$(CC)" BALLAST_REAL=$(abspath $(VERSION_REAL)) BALLAST_ACCEL=$(ACCEL) BALLAST_TOP=$(CURDIR) \
		TEST_DIR=$(O)/tests/real sh tests/run.sh versions

# A kernel whose page allocator is recorded, and the recordings through ours; KEEP=DIR keeps them.
RECORD_REAL = $(REAL)/record-$(LINUX)
check-recording: LINUX ?= 6.12
check-recording: $(REAL)/agent $(O)/ballast $(O)/tests/real/test_recording
	@KSRC=$(KSRC) LINUX=$(LINUX) KERNEL_RECORD=1 sh tests/real/kernel.sh $(RECORD_REAL)
	@QSRC=$(QSRC) sh tests/real/qemu.sh $(RECORD_REAL)
	@cp $(REAL)/agent $(RECORD_REAL)/agent
	@CC="$(CC)" BALLAST_REAL=$(abspath $(RECORD_REAL)) BALLAST_ACCEL=$(ACCEL) BALLAST_TOP=$(CURDIR) \
		BALLAST_BUILD=$(abspath $(O)) $(if $(KEEP),BALLAST_RECORDINGS=$(abspath $(KEEP))) \
		TEST_DIR=$(O)/tests/real sh tests/run.sh recording

# The long ones, and what needs the debug kernel or a host's.
check-real-long: real kernel host-kernel images $(REAL)/host-hints $(patsubst %,$(O)/tests/real/test_%,$(real_tests))
	@$(MAKE) --no-print-directory kernel KERNEL_DEBUG=1
	$(call real_run,1) $(filter-out versions recording,$(real_tests))

.PHONY: real-version check-real-version check-recording upstream upstream-images $(UPSTREAM_PARTS:%=upstream-%) upstream-report upstream-reported upstream-traps upstream-trapped $(addprefix upstream-,$(UPSTREAM)) check-same-lines check-your-patch modules sparse modules_install checkpatch kernel host-kernel qemu stock-kernel deps-real real \
	check-same check-real check-real-long

-include $(wildcard $(O)/tests/real/*.d)
