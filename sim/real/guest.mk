# SPDX-License-Identifier: GPL-2.0-only
# The agent and the guest programs as one static binary for a real guest.
#
#   make guest-agent      $(O)/real/agent
#
# It is ordinary user space code: nothing of sim/linux, no sanitizer even with SAN=1, so that it
# runs from an initramfs that holds nothing else.  The tests of a sanitized build run a second one,
# $(O)/real/agent-san.

agent_src := $(wildcard sim/real/guest/*.c)
program_src := $(filter-out sim/workload/sim%,$(wildcard sim/workload/*.c)) sim/engine/random.c
AGENT_CFLAGS := -std=gnu11 -D_GNU_SOURCE $(WARN) -Wsign-compare -Wunused-parameter -MMD -MP \
	-Isim/workload -Isim/engine -Isim/real -Isim/real/guest
AGENT_STATIC := -O2 -g -static
AGENT_FOR_TESTS := $(O)/real/agent$(if $(SAN),-san)

# Arguments: directory of the objects, flags.
define agent_objects
$(O)/real/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	@echo "  CC      $$< ($(1))"
	@$$(CC) $$(AGENT_CFLAGS) $(2) -c -o $$@ $$<
endef

$(eval $(call agent_objects,static,$$(AGENT_STATIC)))
$(eval $(call agent_objects,san,$$(OPT)))

agent_obj = $(patsubst %.c,$(O)/real/$(1)/%.o,$(2))

$(O)/real/agent: $(call agent_obj,static,$(agent_src) $(program_src))
	@echo "  LD      $@"
	@$(CC) $(AGENT_STATIC) -o $@ $^

$(O)/real/agent-san: $(call agent_obj,san,$(agent_src) $(program_src))
	@echo "  LD      $@"
	@$(CC) $(OPT) -o $@ $^

# The calls of program.h one by one: another table of programs, no agent.
$(O)/real/posix-scenes: $(call agent_obj,$(if $(SAN),san,static),tests/guest/posix_scenes.c \
		$(filter-out sim/workload/programs.c,$(filter sim/workload/posix% \
		sim/workload/support.c sim/engine/random.c,$(program_src))))
	@echo "  LD      $@"
	@$(CC) $(if $(SAN),$(OPT),$(AGENT_STATIC)) -o $@ $^

guest-agent: $(O)/real/agent

check build-tests check-guest_agent: $(AGENT_FOR_TESTS) $(O)/real/posix-scenes

-include $(foreach d,static san,$(wildcard $(O)/real/$(d)/*/*/*.d $(O)/real/$(d)/*/*/*/*.d))

.PHONY: guest-agent
