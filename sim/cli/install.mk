# SPDX-License-Identifier: GPL-2.0-only
# Where people work: make install, make uninstall; DESTDIR, and PREFIX (/usr/local).  The executable finds
# the rest by where it is itself (places.c).

PREFIX ?= /usr/local
INSTALLER = sh sim/cli/install.sh $@ $(O) "$(DESTDIR)$(PREFIX)" $(patsubst $(O)/images/%,%,$(IMAGES))

# Made from the executable's own table of options.
COMPLETIONS := $(O)/completions/ballast $(O)/completions/_ballast
$(COMPLETIONS): $(O)/ballast
	@mkdir -p $(@D)
	@$< completion $(if $(filter _ballast,$(@F)),zsh,bash) >$@.part
	@mv $@.part $@

install: $(O)/ballast images $(COMPLETIONS)
	@$(INSTALLER)
	@echo "  INSTALL $(DESTDIR)$(PREFIX)"

uninstall:
	@$(INSTALLER)
	@echo "  REMOVED $(DESTDIR)$(PREFIX)"

.PHONY: install uninstall
