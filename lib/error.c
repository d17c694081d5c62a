/* SPDX-License-Identifier: MIT */
/* The text of each error; a code without one does not compile. Pure. */
#include "error.h"

const char *error_text(enum error_code code)
{
	switch (code) {
	case ERROR_NONE:
		return "ok";
	case MEMMAP_FULL:
		return "memory map has too many ranges";
	case MEMMAP_WRAPS:
		return "memory map has a range that wraps";
	case MEMMAP_OVERLAP:
		return "memory map has ranges that overlap";
	case STARTINFO_UNREADABLE:
		return "start_info is outside of memory";
	case STARTINFO_BAD_MAGIC:
		return "start_info has a wrong magic";
	case STARTINFO_TOO_MANY_MODULES:
		return "too many modules (want at most 8)";
	case STARTINFO_BAD_MODLIST:
		return "module list is outside of memory";
	case STARTINFO_BAD_CMDLINE:
		return "command line is outside of memory";
	case STARTINFO_LONG_CMDLINE:
		return "command line has no end within 64 KiB";
	case STARTINFO_BAD_COUNT:
		return "memory map has too many entries";
	case STARTINFO_BAD_MEMMAP:
		return "memory map is outside of memory";
	case STARTINFO_EMPTY_MODULE:
		return "module is empty (0 is Linux, 1 its initrd)";
	case STARTINFO_TABLE_OUTSIDE:
		return "start_info or multiboot2 information is partly outside of the memory map";
	case STARTINFO_MODULE_NOT_RAM:
		return "module is not in RAM";
	case STARTINFO_MODULE_OVERLAP:
		return "module overlaps another or start_info";
	case STARTINFO_SHIM_OVERLAP:
		return "module or start_info overlaps the shim";
	case STARTINFO_NO_ROOM:
		return "no room for the kernel's start_info";
	case STARTINFO_TOO_MANY_RANGES:
		return "too many memory ranges for a PVH kernel (want its bzImage)";
	case STARTINFO_ABOVE_4G:
		return "address above 4 GiB for a PVH kernel";
	case MULTIBOOT2_UNREADABLE:
		return "multiboot2 information is outside of memory";
	case MULTIBOOT2_BAD_SIZE:
		return "multiboot2 information has a bad size (want 16 to 1048576 bytes)";
	case MULTIBOOT2_BAD_TAG:
		return "multiboot2 information has a tag with a bad size";
	case MULTIBOOT2_NO_END:
		return "multiboot2 information has no end";
	case MULTIBOOT2_BAD_MAGIC:
		return "multiboot2 loader gave a wrong magic";
	case ACPI_NO_RSDP:
		return "no valid RSDP";
	case ACPI_NO_XSDT:
		return "no valid XSDT or RSDT";
	case ACPI_BAD_TABLE:
		return "table with bad length or checksum";
	case ACPI_TOO_MANY:
		return "too many tables";
	case ACPI_NO_MADT:
		return "no MADT";
	case ACPI_BAD_MADT:
		return "bad entry in the MADT";
	case ACPI_VCPU_RANGE:
		return "vCPU id too large in the MADT";
	case ACPI_VCPU_TWICE:
		return "vCPU or APIC id twice in the MADT";
	case ACPI_NO_VCPU0:
		return "vCPU 0 missing or not enabled";
	case ACPI_NO_ROOM:
		return "no room for new tables";
	case TOPOLOGY_TOO_MANY_VNODES:
		return "bad number of vnodes (want 1 to 128)";
	case TOPOLOGY_TOO_MANY_RANGES:
		return "too many memory ranges (want at most 256)";
	case TOPOLOGY_TOO_MANY_VCPUS:
		return "too many vCPUs (want at most 128)";
	case TOPOLOGY_BAD_VNODE:
		return "vCPU or memory of a vnode that is not there";
	case TOPOLOGY_BAD_DISTANCE:
		return "bad distance (want 10 to itself, else 11 to 254)";
	case TOPOLOGY_BAD_RANGE:
		return "memory range ends before its start, or overlaps another";
	case TOPOLOGY_NOT_COVERED:
		return "RAM that belongs to no vnode";
	case TOPOLOGY_VCPU_MISSING:
		return "enabled vCPU that belongs to no vnode";
	case TOPOLOGY_VCPU_TWICE:
		return "vCPU given twice";
	case TOPOLOGY_BAD_VCPU:
		return "vCPU that the guest does not have";
	case TOPOLOGY_NO_VNODE:
		return "empty vnode, unquoted blank or extra comma? (want SIZE:LIST)";
	case TOPOLOGY_BAD_SYNTAX:
		return "bad vnode (want SIZE:LIST, like 2G:0-3+8)";
	case TOPOLOGY_BAD_SIZE:
		return "bad size (want a number with K, M or G, in whole pages)";
	case TOPOLOGY_NO_UNIT:
		return "size without unit (want K, M or G)";
	case TOPOLOGY_BAD_LIST:
		return "bad vCPU list (want ids and ranges joined by +, like 0-3+8)";
	case TOPOLOGY_NO_DISTANCE:
		return "bad or missing number (want one for each pair of vnodes)";
	case TOPOLOGY_MORE_DISTANCES:
		return "too many distances for this number of pairs of vnodes";
	case TOPOLOGY_SUM_TOO_LARGE:
		return "sum of sizes exceeds the guest's RAM, bytes";
	case IMAGE_TOO_SMALL:
		return "kernel image is too small for its headers";
	case IMAGE_UNKNOWN:
		return "kernel image is neither a bzImage nor an ELF";
	case IMAGE_PACKED:
		return "kernel image is a compressed file (want it unpacked)";
	case IMAGE_OLD_PROTOCOL:
		return "bzImage has a boot protocol before 2.12";
	case IMAGE_NO_64BIT:
		return "bzImage has no 64-bit entry point";
	case IMAGE_TRUNCATED:
		return "kernel image is shorter than its headers say";
	case IMAGE_BAD_ELF:
		return "ELF kernel is not an x86 executable";
	case IMAGE_NO_NOTE:
		return "ELF kernel has no PVH entry note (want CONFIG_XEN_PVH=y)";
	case IMAGE_BAD_SEGMENT:
		return "ELF kernel has a bad segment";
	case IMAGE_BAD_ENTRY:
		return "kernel's entry point is outside of what is loaded";
	case IMAGE_BAD_HEADER:
		return "bzImage has an absurd setup header";
	case UKI_OTHER_MACHINE:
		return "EFI image is not for x86-64";
	case UKI_MANY_SECTIONS:
		return "EFI image has too many sections (want at most 96)";
	case UKI_TRUNCATED:
		return "unified kernel image is shorter than its sections say";
	case UKI_OVERLAP:
		return "unified kernel image has sections that overlap";
	case UKI_NO_LINUX:
		return "EFI image has no section .linux (want a unified kernel image, no addon and no bootloader)";
	case DECIDE_NO_KERNEL_ROOM:
		return "not enough free RAM for the kernel, bytes needed (want more memory= or a smaller initrd)";
	case DECIDE_KERNEL_NOT_RAM:
		return "kernel runs at a fixed address, where not all is RAM";
	case DECIDE_KERNEL_ON_TABLES:
		return "kernel runs at a fixed address, where ACPI tables or a third module are";
	case DECIDE_NO_LEAVE_ROOM:
		return "no free RAM from where to copy the kernel to the shim's place, bytes needed (want more memory=)";
	case DECIDE_NO_INITRD_ROOM:
		return "no free RAM to move the initrd to, bytes needed (want more memory= or a smaller initrd)";
	case DECIDE_NO_STAGING_ROOM:
		return "no free RAM to move the kernel file to, bytes needed (want more memory= or its bzImage)";
	case DECIDE_MAP_TOO_LARGE:
		return "more memory map entries than a PVH kernel takes (want its bzImage)";
	case DECIDE_NO_ACPI:
		return "the ACPI tables cannot be used";
	case DECIDE_NO_KEPT_ROOM:
		return "not enough memory for sidecar";
	case DECIDE_MANY_RANGES:
		return "Linux's memory map would have too many ranges";
	case DECIDE_LONG_CMDLINE:
		return "Linux's command line would be too long";
	case DECIDE_NO_XEN_MAP:
		return "Xen does not take the kernel's memory map";
	case BOOTPARAMS_NOT_BZIMAGE:
		return "not a bzImage";
	case BOOTPARAMS_ABOVE_4G:
		return "bzImage cannot use an address above 4 GiB";
	case BOOTPARAMS_INITRD_HIGH:
		return "initrd is above what the bzImage can use";
	case BOOTPARAMS_WRAPS:
		return "address and size wrap";
	case BOOTPARAMS_NO_ROOM:
		return "no room for the memory map's further ranges";
	case START_NONE:
		return "no vCPU could be started";
	}
	return "unknown error";
}
