# SPDX-License-Identifier: GPL-2.0-only
# Rules of the tests; included at the end of the Makefile, when all variables are set.

CHECK_CFLAGS := $(shell pkg-config --cflags check 2>/dev/null)
CHECK_LIBS := $(shell pkg-config --libs check 2>/dev/null || echo -lcheck) -lm -lpthread

TEST_CFLAGS := $(PROGRAM_CFLAGS) $(CHECK_CFLAGS) -Itests
VMM_TEST_CFLAGS := $(QEMU_CFLAGS) $(CHECK_CFLAGS) -Itests -Idriver-src/uapi

$(O)/tests/test_%.o: tests/test_%.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(if $(filter test_vmm_%,$(notdir $(basename $@))),$(VMM_TEST_CFLAGS),$(TEST_CFLAGS)) \
		-c -o $@ $<

$(O)/tests/main.o: tests/main.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(TEST_CFLAGS) -c -o $@ $<

$(O)/tests/test_%: $(O)/tests/test_%.o $(O)/tests/main.o $(lib_obj)
	@echo "  LD      $@"
	@$(LINK) -o $@ $^ $(LIBS) $(CHECK_LIBS)

# A kernel of which only mm/ runs: kernel code, for tests that are not.
$(O)/tests/kernel/%.o: tests/kernel/%.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(KERNEL_CFLAGS) -Isim/workload -Itests/kernel -c -o $@ $<

$(addprefix $(O)/tests/test_mm_,init buddy 6_12 hook reporting contents zeroed user compaction touch folio): $(O)/tests/kernel/mm_probe.o

# Scenes played by tasks of a guest.
$(O)/tests/test_kernel: $(addprefix $(O)/tests/kernel/,kernel_probe.o task_scenes.o)

$(O)/tests/test_host_kernel: $(O)/tests/kernel/host_scenes.o

$(O)/tests/test_async_pf: $(O)/tests/kernel/async_pf_scenes.o

$(O)/tests/test_virtqueue: $(addprefix $(O)/tests/kernel/,kernel_probe.o ring_scenes.o)

# Hostile guests: one table of cases for the model VMM and for QEMU (tests/real/qtest.mk).
hostile_obj := $(patsubst %.c,$(O)/%.o,$(wildcard tests/hostile/*.c))

$(O)/tests/hostile/%.o: tests/hostile/%.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(BASE) $(CHECK_CFLAGS) -c -o $@ $<

$(O)/tests/test_vmm_hostile: $(hostile_obj)

# Deliberately broken drivers and devices that must be caught.
$(foreach b,$(broken_src),$(eval $(call guest_image,broken-$(basename $(notdir $(b))),$(b))))

$(foreach b,$(broken_devices),$(eval $(call device_image,broken-$(basename $(notdir $(b))),$(b))))

# The device that ships, with a file of it changed: the one that the variant includes.
changes = $(addprefix driver-src/qemu/,$(shell sed -n 's/^\#include "\(.*ballast.*\.c\)"/\1/p' $(1)))
$(foreach b,$(broken_variants),$(eval $(call device_image,broken-$(basename $(notdir $(b))),\
	$(b) $(filter-out $(call changes,$(b)),$(device_src)))))

# The same for the module page_hinting: what changes is in its main file.
$(foreach b,$(broken_hinting),$(eval $(call guest_image,broken-$(basename $(notdir $(b))),\
	$(b) $(filter-out %_main.c,$(hinting_src)))))

# A policy of a user's own for controllers of balloons.
$(O)/images/control-%.so: tests/control/%.c sim/control/control.h
	@mkdir -p $(@D)
	@echo "  IMAGE   $@"
	@$(CC) $(BASE) -Isim/control -shared -Wl,-Bsymbolic -o $@ $<

test-images: images $(O)/images/control-half.so $(patsubst tests/broken/%.c,$(O)/images/broken-%.so,$(broken_src) $(broken_devices) \
	$(broken_variants) $(broken_hinting))

$(addprefix check-,$(test_names)): check-%: $(O)/tests/test_% $(O)/ballast test-images $(COMPLETIONS)
	@CK_TIMEOUT_MULTIPLIER=$(or $(CK_TIMEOUT_MULTIPLIER),30) BALLAST_TOP=$(CURDIR) \
		BALLAST_BUILD=$(O) BALLAST_IMAGES=$(O)/images $<

build-tests: $(O)/ballast test-images $(COMPLETIONS) $(patsubst %,$(O)/tests/test_%,$(test_names))

check-tidy:
	@sh tests/tidy.sh

check: $(O)/ballast test-images $(COMPLETIONS) $(patsubst %,$(O)/tests/test_%,$(test_names))
	@CC="$(CC)" BALLAST_TOP=$(CURDIR) BALLAST_BUILD=$(O) BALLAST_IMAGES=$(O)/images \
		sh tests/run.sh $(test_names)

# What reads traces, with 100,000 that are not as they were written.
$(O)/tests/mutate_trace.o: tests/mutate_trace.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(TEST_CFLAGS) -c -o $@ $<

$(O)/tests/test_mutated: $(O)/tests/mutate_trace.o

fuzz:
	@$(MAKE) --no-print-directory SAN=1 BALLAST_MUTATIONS=$(or $(BALLAST_MUTATIONS),100000) check-mutated

check-asan:
	@$(MAKE) --no-print-directory SAN=1 check

bench: $(O)/tests/bench $(O)/ballast images
	@BALLAST_BUILD=$(O) BALLAST_IMAGES=$(O)/images $(O)/tests/bench $(BENCH_ARGS)

$(O)/tests/bench.o $(O)/tests/bench_trace.o: $(O)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(TEST_CFLAGS) -c -o $@ $<

$(O)/tests/bench_mm.o: tests/bench_mm.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(KERNEL_CFLAGS) -Itests -c -o $@ $<

$(O)/tests/bench: $(O)/tests/bench.o $(O)/tests/bench_mm.o $(O)/tests/bench_trace.o $(lib_obj)
	@echo "  LD      $@"
	@$(LINK) -o $@ $^ $(LIBS)

.SECONDARY:
-include $(wildcard $(O)/tests/*.d $(O)/tests/*/*.d)
