# SPDX-License-Identifier: GPL-2.0-only
# Debian packages: in $(O)/deb; whether they are sound, and what a bare Debian makes of a clone.

deps-deb:
	@sh tests/deps.sh deb

deb:
	@sh tests/deb.sh $(O)/deb
	@ls $(O)/deb/*.deb | sed 's/^/  DEB     /'

check-deb: $(O)/ballast images
	@sh tests/check_deb.sh $(O)/check-deb $(O)/ballast

# What the README's commands do on a bare Debian; in DIRECTORY/TARGET.log what each said.
BARE := demo check deps-deb deb
check-bare:
	@sh tests/check_bare.sh $(O)/check-bare $(BARE)

.PHONY: deps-deb deb check-deb check-bare
