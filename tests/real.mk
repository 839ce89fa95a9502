# SPDX-License-Identifier: GPL-2.0-only
# Stock sources against our headers, and our sources against the real headers.
#
# KDIR: headers of a built kernel; KSRC, QSRC: source trees of Linux 6.1 and QEMU 7.2, of your own
# instead of Debian's.  BALLAST_CACHE: where downloads and large builds are kept (~/.cache/ballast).

UPSTREAM_SRC := $(O)/upstream
UPSTREAM_CFLAGS := $(filter-out -Wall -Wextra -Werror,$(BASE)) -w

upstream:
	@KSRC=$(KSRC) QSRC=$(QSRC) sh tests/upstream.sh $(UPSTREAM_SRC)
	@mkdir -p $(O)/images
	@echo "  UPSTREAM virtio_balloon.c page_reporting.c virtio-balloon.c"
	@$(CC) $(UPSTREAM_CFLAGS) $(KERNEL_INC) $(KERNEL_CONFIG) -D__KERNEL__ -DMODULE \
		-DKBUILD_MODNAME='"virtio_balloon"' -shared -Wl,-Bsymbolic \
		-o $(O)/images/upstream-virtio_balloon.so $(UPSTREAM_SRC)/virtio_balloon.c \
		sim/linux/kernel/module-tail.c
	@$(CC) $(UPSTREAM_CFLAGS) $(KERNEL_INC) -Isim/linux/mm -D__KERNEL__ -DMODULE \
		-DKBUILD_MODNAME='"page_reporting"' -shared -Wl,-Bsymbolic \
		-o $(O)/images/upstream-page_reporting.so $(UPSTREAM_SRC)/page_reporting.c \
		sim/linux/kernel/module-tail.c
	@$(CC) $(UPSTREAM_CFLAGS) -Isim/qemu/include -Isim/qemu -Isim/engine -Ihost-model \
		-I$(UPSTREAM_SRC) -shared -Wl,-Bsymbolic \
		-o $(O)/images/upstream-virtio-balloon.so \
		$(UPSTREAM_SRC)/virtio-balloon.c

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

# A real kernel with our driver built in, a real QEMU with our device; see tests/real/cache.sh.
REAL := $(O)/real

kernel:
	@KSRC=$(KSRC) KERNEL_DEBUG=$(KERNEL_DEBUG) sh tests/real/kernel.sh $(REAL)$(if $(KERNEL_DEBUG),/debug)

qemu:
	@QSRC=$(QSRC) sh tests/real/qemu.sh $(REAL)

stock-kernel:
	@sh tests/real/stock.sh $(REAL)/stock "$(KDIR)"

deps-real:
	@sh tests/deps.sh real

# All that a boot needs: `ballast real` finds it beside the executable.
real: modules stock-kernel qemu $(O)/ballast $(REAL)/agent
	@mkdir -p $(REAL)/modules
	@cp $(MODULES)/linux/guest/virtio_ballast.ko $(REAL)/modules/

real_tests := $(patsubst tests/real/test_%.c,%,$(wildcard tests/real/test_*.c))

$(O)/tests/real/%.o: tests/real/%.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(PROGRAM_CFLAGS) $(CHECK_CFLAGS) -Itests -Itests/real -Itests/hostile -c -o $@ $<

$(O)/tests/real/test_%: $(O)/tests/real/test_%.o $(O)/tests/real/boot.o $(lib_obj)
	@echo "  LD      $@"
	@$(LINK) -o $@ $^ $(LIBS) $(CHECK_LIBS)

include tests/real/qtest.mk

# ACCEL=kvm boots with KVM.
ACCEL ?= tcg
real_run = @CC="$(CC)" BALLAST_REAL=$(abspath $(REAL)) BALLAST_ACCEL=$(ACCEL) BALLAST_TOP=$(CURDIR) \
	BALLAST_STOCK_MODULE=$(BALLAST_STOCK_MODULE) BALLAST_LONG=$(1) TEST_DIR=$(O)/tests/real sh tests/run.sh

# The simulator, the module, the kernel and QEMU were made from the same files.
check-same: modules qemu kernel images
	@sh tests/real/same-sources.sh $(O)

# The short forms.
check-real: real kernel images $(patsubst %,$(O)/tests/real/test_%,$(real_tests))
	$(call real_run,) $(filter-out debug,$(real_tests))

# The long ones, and what needs the debug kernel.
check-real-long: real kernel images $(patsubst %,$(O)/tests/real/test_%,$(real_tests))
	@$(MAKE) --no-print-directory kernel KERNEL_DEBUG=1
	$(call real_run,1) $(real_tests)

.PHONY: upstream check-same-lines modules sparse modules_install checkpatch kernel qemu stock-kernel deps-real real \
	check-same check-real check-real-long

-include $(wildcard $(O)/tests/real/*.d)
