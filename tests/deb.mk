# SPDX-License-Identifier: GPL-2.0-only
# Debian packages: in $(O)/deb; and whether they are sound.

deps-deb:
	@sh tests/deps.sh deb

deb:
	@sh tests/deb.sh $(O)/deb
	@ls $(O)/deb/*.deb | sed 's/^/  DEB     /'

check-deb: $(O)/ballast images
	@sh tests/check_deb.sh $(O)/check-deb $(O)/ballast

.PHONY: deps-deb deb check-deb
