# SPDX-License-Identifier: GPL-2.0-only
# The device by qtest: needs QEMU with our device (make qemu), boots nothing.

$(O)/tests/real/test_qtest: $(O)/tests/real/test_qtest.o $(O)/tests/real/qtest.o \
		$(O)/tests/real/qtest_virtio.o $(hostile_obj) $(O)/sim/real/qmp.o $(O)/sim/real/send.o
	@echo "  LD      $@"
	@$(LINK) -o $@ $^ -ljson-c $(CHECK_LIBS)

$(O)/tests/real/test_device: $(O)/tests/real/test_device.o $(O)/tests/real/qtest.o $(O)/tests/real/rows.o \
		$(O)/tests/real/qtest_virtio.o $(O)/sim/real/qmp.o $(O)/sim/real/send.o
	@echo "  LD      $@"
	@$(LINK) -o $@ $^ -ljson-c $(CHECK_LIBS)

check-qtest: qemu $(O)/tests/real/test_qtest $(O)/tests/real/test_device
	@BALLAST_REAL=$(abspath $(REAL)) $(O)/tests/real/test_qtest
	@BALLAST_REAL=$(abspath $(REAL)) $(O)/tests/real/test_device

.PHONY: check-qtest
