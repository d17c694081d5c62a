# SPDX-License-Identifier: MIT
# Included by the Makefile, whose variables it uses: what is installed, and where.

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
SBINDIR ?= $(PREFIX)/sbin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include/xen-sidecar
MANDIR ?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc
BOOTDIR ?= /boot
LDCONFIG ?= ldconfig
# These look below PREFIX/lib, whatever LIBDIR is.
XENDIR := $(PREFIX)/lib/xen
OWNDIR := $(PREFIX)/lib/xen-sidecar
CHECKDIR := $(OWNDIR)/check
JOBDIR := $(PREFIX)/share/xen-sidecar/job
# What DKMS builds the driver from
DRIVERDIR ?= /usr/src/xen-sidecar-$(LIBVERSION)
# systemd, udev and dracut all look below /usr/lib and /etc, and nowhere else.
in-usr-or-etc = $(if $(filter /usr,$(PREFIX)),$(1),$(SYSCONFDIR))
UNITDIR := $(call in-usr-or-etc,/usr/lib)/systemd/system
UDEVDIR := $(call in-usr-or-etc,/usr/lib)/udev/rules.d
BASHDIR := $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
DOCDIR ?= $(PREFIX)/share/doc
DRACUTDIR := $(call in-usr-or-etc,/usr/lib/dracut)/dracut.conf.d

ELASTICDIR = $(DOCDIR)/xen-sidecar-guest/examples/elastic

# ---- what is installed -----------------------------------------------------

# A line is a call of one of these, which `make install` expands to commands that
# put files there, and `make uninstall` to commands that remove them:
#   put MODE,FILES,FOLDER    put-as MODE,FILE,PATH    put-link TARGET,PATH
man-pages = $(call put,644,$(patsubst docs/man/%,$(B)/install/%,\
	$(wildcard docs/man/*.$(1))),$(MANDIR)/man$(1))

define HOST_FILES
$(call put,644,$(B)/shim.elf,$(XENDIR)/boot)
$(call put,755,$(B)/xl-vnuma,$(SBINDIR))
$(call put,755,$(B)/sidecar-plan,$(BINDIR))
$(call put,755,$(B)/xen-sidecar-check,$(SBINDIR))
$(call put,644,$(CHECK_FILES),$(CHECKDIR))
$(call put,755,$(CHECK_PROGRAMS),$(CHECKDIR))
$(call put,644,$(XENS:%=$(B)/libxl-vnuma-%.so),$(XENDIR))
$(call put-link,libxl-vnuma-4.17.so,$(XENDIR)/libxl-vnuma.so)
$(call put,755,xen/toolstack/libvirt/preload,$(XENDIR)/libvirt)
$(call put,644,$(B)/install/xen-sidecar.conf,$(XENDIR)/libvirt)
$(call put-as,644,configs/libvirt.xml,$(XENDIR)/libvirt/example.xml)
$(call put,644,$(B)/install/sidecar-plan.1 $(B)/install/xl-vnuma.1,$(MANDIR)/man1)
$(call put,644,$(B)/install/xen-sidecar-check.8,$(MANDIR)/man8)
$(call man-pages,7)
$(call put-as,644,xen/toolstack/plan/sidecar-plan.bash,$(BASHDIR)/sidecar-plan)
$(call put-as,644,$(CHECK)/xen-sidecar-check.bash,$(BASHDIR)/xen-sidecar-check)
$(call put,644,$(wildcard configs/*.cfg),$(DOCDIR)/xen-sidecar-host/examples)
endef

define GUEST_FILES
$(call put,755,$(B)/sidecarctl,$(SBINDIR))
$(call put,644,$(SIDECAR_JOBS:%=$(B)/jobs/%.job),$(OWNDIR)/jobs)
$(call put,755,sidecar/install/xen-sidecar-setup,$(OWNDIR))
$(call put,644,$(B)/install/xen-sidecar.service,$(UNITDIR))
$(call put,644,sidecar/install/00-xen-sidecar.rules,$(UDEVDIR))
$(call put,644,sidecar/install/50-xen-sidecar.rules,$(UDEVDIR))
$(call put,644,sidecar/install/zz-xen-sidecar.rules,$(UDEVDIR))
$(call put-as,644,$(B)/install/xen-sidecar.dracut.conf,$(DRACUTDIR)/50-xen-sidecar.conf)
$(call put,755,$(B)/install/11_xen_sidecar,$(SYSCONFDIR)/grub.d)
$(call put,644,sidecar/install/xen-sidecar.cfg,$(SYSCONFDIR)/default/grub.d)
$(call put,644,$(B)/install/sidecarctl.8,$(MANDIR)/man8)
$(call put-as,644,$(B)/install/sidecarctl.bash,$(BASHDIR)/sidecarctl)
$(call put,644,$(B)/install/_sidecarctl,$(ZSHDIR))
$(call put,755,sidecar/install/elastic/xen-sidecar-elastic,$(ELASTICDIR))
$(call put,644,sidecar/install/elastic/xen-sidecar-elastic.service,$(ELASTICDIR))
endef

# For the guest's GRUB, and only if it was built: it needs Xen's headers.
BOOT_FILES = $(call put,644,$(B)/shim.elf,$(BOOTDIR))

define LIB_FILES
$(call put-as,644,$(B)/libsidecar.so,$(LIBDIR)/libsidecar.so.$(LIBVERSION))
$(call put-link,libsidecar.so.$(LIBVERSION),$(LIBDIR)/libsidecar.so.$(SOVERSION))
endef

define DEV_FILES
$(call put-link,libsidecar.so.$(SOVERSION),$(LIBDIR)/libsidecar.so)
$(call put,644,$(B)/libsidecar.a,$(LIBDIR))
$(call put,644,$(B)/install/libsidecar.pc,$(LIBDIR)/pkgconfig)
$(call put,644,include/sidecar/libsidecar.h include/sidecar/job.h \
	include/sidecar/ring.h include/sidecar/driver.h,$(INCLUDEDIR)/sidecar)
$(call put,644,include/abi/sidecar.h include/abi/job.h,$(INCLUDEDIR)/abi)
$(call put,644,$(B)/install/job.mk sidecar/jobs/flags.mk,$(JOBDIR))
$(call put,644,sidecar/jobs/entry.S sidecar/jobs/start.c $(JOB_LDS),$(JOBDIR))
$(call put,755,sidecar/jobs/check.sh,$(JOBDIR))
$(call put,644,$(B)/libjob.a,$(LIBDIR))
$(call put,755,$(B)/install/job-cc,$(BINDIR))
$(call put,644,$(B)/install/job-cc.1,$(MANDIR)/man1)
$(call man-pages,3)
endef

define DRIVER_FILES
$(call put,644,sidecar/driver/Kbuild $(wildcard sidecar/driver/*.[ch]),$(DRIVERDIR))
$(call put,644,$(B)/install/dkms.conf,$(DRIVERDIR))
$(call put,644,$(wildcard sidecar/driver/compat/*.h),$(DRIVERDIR)/compat)
$(call put,644,include/barrier.h include/control_areas.h include/slices.h \
	include/status.h,$(DRIVERDIR)/include)
$(call put,644,include/abi/job.h include/abi/sidecar.h,$(DRIVERDIR)/include/abi)
$(call put,644,include/sidecar/driver.h,$(DRIVERDIR)/include/sidecar)
$(call put,644,sidecar/install/60-xen-sidecar.rules,$(UDEVDIR))
endef

# What systemctl enable makes
ENABLED := $(SYSCONFDIR)/systemd/system/multi-user.target.wants/xen-sidecar.service

# Removed when nothing is left in them, the inner ones first.
OWN_FOLDERS := $(OWNDIR)/jobs $(CHECKDIR) $(OWNDIR) $(JOBDIR) $(dir $(JOBDIR)) \
	$(INCLUDEDIR)/sidecar $(INCLUDEDIR)/abi $(INCLUDEDIR) $(XENDIR)/boot \
	$(XENDIR)/libvirt $(XENDIR) $(ELASTICDIR) $(dir $(ELASTICDIR)) \
	$(DOCDIR)/xen-sidecar-host/examples $(DOCDIR)/xen-sidecar-host \
	$(DOCDIR)/xen-sidecar-guest $(DRIVERDIR)/include/sidecar \
	$(DRIVERDIR)/include/abi $(DRIVERDIR)/include $(DRIVERDIR)/compat \
	$(DRIVERDIR)

# ---- files that name folders -----------------------------------------------

IN_FILES := sidecar/install/xen-sidecar.service.in \
	sidecar/driver/dkms.conf.in \
	sidecar/install/xen-sidecar.dracut.conf.in \
	sidecar/install/11_xen_sidecar.in \
	sidecar/install/sidecarctl.bash.in sidecar/install/_sidecarctl.in \
	sidecar/lib/libsidecar.pc.in sidecar/jobs/job.mk.in sidecar/jobs/job-cc.in \
	xen/toolstack/libvirt/xen-sidecar.conf.in \
	$(wildcard docs/man/*)
FILLED := $(patsubst %.in,%,$(addprefix $(B)/install/,$(notdir $(IN_FILES))))

fill = sed -e 's|/usr/local|$(PREFIX)|g' $(foreach v,PREFIX BOOTDIR SBINDIR LIBDIR \
	INCLUDEDIR XENDIR OWNDIR JOBDIR UDEVDIR LIBVERSION,-e 's|@$(v)@|$($(v))|g')

# Made anew each time: PREFIX and the like may be others than last time.
define filled
$(B)/install/$(notdir $(1:.in=)): $(1) FORCE
	@mkdir -p $$(@D)
	@$$(fill) $$< >$$@
endef

$(foreach f,$(IN_FILES),$(eval $(call filled,$(f))))

# ---- install, uninstall ----------------------------------------------------

# Each ends in a line feed, so that the next call is a command of its own.
define put
@mkdir -p "$(DESTDIR)$(3)"
@install -m $(1) $(2) "$(DESTDIR)$(3)"

endef

define put-as
@mkdir -p "$(DESTDIR)$(dir $(3))"
@install -m $(1) $(2) "$(DESTDIR)$(3)"

endef

define put-link
@mkdir -p "$(DESTDIR)$(dir $(2))"
@ln -sf $(1) "$(DESTDIR)$(2)"

endef

define remove
@rm -f "$(DESTDIR)$(1)"

endef

define remove-folder
@[ ! -d "$(DESTDIR)$(1)" ] || rmdir --ignore-fail-on-non-empty "$(DESTDIR)$(1)"

endef

.PHONY: install install-host install-guest install-lib install-dev \
	install-driver uninstall
install: install-host install-guest install-lib install-dev

install-host: all $(FILLED)
	$(HOST_FILES)
	@echo "  installed for dom0: shim.elf, xl-vnuma, sidecar-plan, xen-sidecar-check; examples in"
	@echo "    $(DOCDIR)/xen-sidecar-host/examples"
	@echo "  next: xen-sidecar-check tries this host"
	@echo "  then add to the config of a PVH guest: pvshim = 1"
	@echo "    pvshim_path = \"$(XENDIR)/boot/shim.elf\""
	@echo "  then: sidecar-plan CONFIG, xl create CONFIG (with vnuma=: xl-vnuma create CONFIG)"

# The other parts need only a compiler and libc: they are built in guests too.
install-guest: $(B)/sidecarctl $(SIDECAR_JOBS:%=$(B)/jobs/%.job) $(FILLED)
	$(GUEST_FILES)
	$(if $(shell [ ! -e $(B)/shim.elf ] || echo built),$(BOOT_FILES),\
		@echo "  no $(BOOTDIR)/shim.elf for GRUB: docs/booting.md")
	@echo "  installed for the guest: sidecarctl, jobs, a service, udev rules"
	@echo "  next: systemctl enable --now xen-sidecar, then sidecarctl list"
	@echo "    in a guest that boots by its own GRUB: update-grub"

install-lib: $(B)/libsidecar.so
	$(LIB_FILES)
	@[ -n "$(DESTDIR)" ] || $(LDCONFIG) || \
		echo "  ldconfig has not run: libsidecar.so is not found yet (run it as root)"
	@echo "  installed for programs: libsidecar.so.$(SOVERSION); to build them: make install-dev"

install-dev: $(B)/libsidecar.so $(B)/libsidecar.a $(JOB_LDS) $(B)/libjob.a \
		$(FILLED)
	$(DEV_FILES)
	@echo "  installed for C programs and jobs: libsidecar, job-cc; man libsidecar"

# Not a part of install: it is built by DKMS, or by make driver.
install-driver: $(FILLED)
	$(DRIVER_FILES)
	@echo "  installed for DKMS: the driver's source in $(DRIVERDIR)"
	@echo "  next: dkms install xen-sidecar/$(LIBVERSION), then modprobe xen_sidecar"

uninstall: put = $(foreach f,$(notdir $(2)),$(call remove,$(3)/$(f)))
uninstall: put-as = $(call remove,$(3))
uninstall: put-link = $(call remove,$(2))
uninstall:
	$(call remove,$(ENABLED))
	$(HOST_FILES)
	$(GUEST_FILES)
	$(BOOT_FILES)
	$(LIB_FILES)
	$(DEV_FILES)
	$(DRIVER_FILES)
	$(foreach d,$(OWN_FOLDERS),$(call remove-folder,$(d)))
	@echo "  removed, but for $(SYSCONFDIR)/xen-sidecar.conf and what you copied or linked"
	@echo "  next: systemctl daemon-reload; update-grub in a guest that boots by GRUB"

# ---- Debian packages -------------------------------------------------------

# Built from a copy of the tree, so that nothing of debian/ is left in it.
DEB := $(B)/deb
DEB_TREE := $(DEB)/xen-sidecar

.PHONY: deb test-deb
deb: headers
	@tests/xen/setup.sh deb
	@rm -rf $(DEB)
	@mkdir -p $(DEB_TREE)/build
	@git ls-files -co --exclude-standard | \
		tar -c --ignore-failed-read --verbatim-files-from -T - | tar -x -C $(DEB_TREE)
	@ln -s $(realpath $(LAB)) $(DEB_TREE)/build/lab
	@cd $(DEB_TREE) && DEB_BUILD_OPTIONS="noautodbgsym" \
		dpkg-buildpackage -b -uc -us -tc >../build.log 2>&1 || \
		{ tail -n 30 ../build.log; exit 1; }
	@rm -r $(DEB_TREE)
	@echo "  made in $(DEB):"
	@cd $(DEB) && ls *.deb | sed 's/^/    /'
	@echo "  next: in dom0 apt install ./xen-sidecar-host_*.deb, in a guest"
	@echo "    ./xen-sidecar-guest_*.deb; examples in /usr/share/doc/PACKAGE/examples"

test-deb: deb
	@tests/host/test_deb.sh $(DEB)
