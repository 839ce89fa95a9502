# SPDX-License-Identifier: GPL-2.0-only
# Stock sources against our headers, and our sources against the real headers.

UPSTREAM_SRC := $(O)/upstream
UPSTREAM_CFLAGS := $(filter-out -Wall -Wextra -Werror,$(BASE)) -w

upstream:
	@sh tests/upstream.sh $(UPSTREAM_SRC)
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

# Our kernel code against real headers, in a shadow of the tree so that nothing is left in it.
KDIR ?= $(lastword $(wildcard /usr/src/linux-headers-6.1*-cloud-amd64 /lib/modules/*/build))
SHADOW := $(abspath $(O))/modules

modules sparse:
	@test -f "$(KDIR)/Makefile" || { echo "ballast: no kernel headers in KDIR='$(KDIR)'; \
install linux-headers-cloud-amd64 or set KDIR" >&2; exit 2; }
	@rm -rf $(SHADOW) && mkdir -p $(SHADOW) && cp -rs $(CURDIR)/driver-src/. $(SHADOW)/
	@$(MAKE) --no-print-directory -C $(KDIR) M=$(SHADOW)/linux \
		$(if $(filter sparse,$@),C=2 CF=-Wsparse-error) modules

.PHONY: upstream modules sparse
