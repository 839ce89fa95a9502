# SPDX-License-Identifier: GPL-2.0-only
# ballast-view: the viewer (make viz), which needs SDL2, and for its pictures libpng, when it is built also
# FreeType and the font.  Nothing else here needs any of these.
#
#   make deps-viz   install what is missing
#   make viz        build it: $(O)/ballast-view
#   make bench-view     its speed; BENCH_ARGS: a trace, or how many million records
#   make check-window   use its window on a display of its own
#   make check-pictures     pictures of it against those that were looked at, in $(O)/pictures; also from other
#                           builds: VIEWERS=build/clang/ballast-view
#   make pictures-accept    take over the digests of those that are there now, after a look
#   make fuzz-index     100,000 changed indexes and traces, under ASan and UBSan

FONT_DIR ?= /usr/share/fonts/truetype/dejavu
# Empty when something is missing.
VIZ_HAS_PICTURES := $(if $(wildcard $(FONT_DIR)/DejaVuSans-Bold.ttf),$(shell pkg-config --exists freetype2 libpng \
	2>/dev/null && echo yes))
VIZ_HAS_WINDOW := $(if $(VIZ_HAS_PICTURES),$(shell pkg-config --exists sdl2 2>/dev/null && echo yes))

viz_src := $(filter-out viz/fontgen.c viz/main.c viz/window.c,$(wildcard viz/*.c))
viz_trace_obj := $(addprefix $(O)/sim/trace/,index_assemble.o index_build.o index_chunk.o index_file.o \
	index_grow.o index_pages.o index_query.o human.o output.o read.o shell.o schema.o histogram.o collect.o) $(O)/sim/engine/hostmem.o
viz_obj := $(call obj,$(viz_src))
VIZ_CFLAGS = $(BASE) -O3 -Isim/trace -Isim/engine -Iviz -DBALLAST_VERSION='"$(VERSION)"' \
	-DBALLAST_FONT='"$(O)/viz/font.bin"' $(shell pkg-config --cflags libpng)
VIZ_LIBS = $(shell pkg-config --libs libpng) -lzstd -lpthread

$(viz_obj) $(O)/viz/main.o: CFLAGS_FOR = $(VIZ_CFLAGS)
$(O)/viz/window.o: CFLAGS_FOR = $(VIZ_CFLAGS) $(shell pkg-config --cflags sdl2)
$(O)/viz/text.o: $(O)/viz/font.bin

$(O)/viz/fontgen: viz/fontgen.c viz/font.h
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(BASE) $(shell pkg-config --cflags freetype2) -o $@ $< $(shell pkg-config --libs freetype2)

$(O)/viz/font.bin: $(O)/viz/fontgen
	@echo "  FONT    $@"
	@ASAN_OPTIONS=detect_leaks=0 $< $(FONT_DIR)/DejaVuSans.ttf $(FONT_DIR)/DejaVuSans-Bold.ttf $@

$(O)/ballast-view: $(O)/viz/main.o $(O)/viz/window.o $(viz_obj) $(viz_trace_obj)
	@echo "  LD      $@"
	@$(CC) $(OPT) $(EXTRA_LDFLAGS) -o $@ $^ $(VIZ_LIBS) $(shell pkg-config --libs sdl2)

ifneq ($(VIZ_HAS_WINDOW),)
viz: $(O)/ballast-view
else
viz:
	@echo "ballast-view needs SDL2, libpng, FreeType and DejaVu Sans: make deps-viz" >&2; exit 2
endif

check-window: $(O)/ballast-view $(O)/ballast images
	@bash tests/viz_window.sh $(O)/ballast-view $(O)/ballast

PICTURES = FONT_DIR=$(FONT_DIR) bash tests/viz_pictures.sh
ifneq ($(VIZ_HAS_WINDOW),)
check-pictures: $(O)/ballast-view $(O)/ballast images
	@$(PICTURES) check $(O)/ballast $(O)/pictures $(O)/ballast-view $(VIEWERS)

pictures-accept: $(O)/ballast-view $(O)/ballast images
	@$(PICTURES) accept $(O)/ballast $(O)/pictures $(O)/ballast-view
else
check-pictures: $(O)/ballast
	@$(PICTURES) check $(O)/ballast $(O)/pictures

pictures-accept: viz
endif

$(O)/tests/bench_view.o: CFLAGS_FOR = $(VIZ_CFLAGS)

$(O)/tests/bench_view: $(O)/tests/bench_view.o $(viz_obj) $(viz_trace_obj) $(O)/sim/trace/write.o $(O)/sim/trace/file.o
	@echo "  LD      $@"
	@$(CC) $(OPT) -o $@ $^ $(VIZ_LIBS)

bench-view: $(O)/tests/bench_view
	@$< $(BENCH_ARGS)

$(O)/tests/test_viz_mutated: $(O)/tests/mutate_trace.o

fuzz-index:
	@$(MAKE) --no-print-directory SAN=1 BALLAST_MUTATIONS=$(or $(BALLAST_MUTATIONS),100000) check-viz_mutated

deps-viz:
	@sh tests/deps.sh viz

# The suites of pictures; without what they need they say so and run nothing.
ifneq ($(VIZ_HAS_PICTURES),)
viz_tests := $(filter $(O)/tests/test_viz%,$(patsubst %,$(O)/tests/test_%,$(test_names)))
$(addsuffix .o,$(viz_tests)): TEST_CFLAGS += -Iviz -DBALLAST_PICTURES
$(viz_tests): $(viz_obj)
$(viz_tests): LIBS += $(shell pkg-config --libs libpng)
endif

-include $(wildcard $(O)/viz/*.d)
.PHONY: viz deps-viz check-window check-pictures pictures-accept bench-view fuzz-index
