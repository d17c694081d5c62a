/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables as they lie in memory: ACPI specification 6.5, section beside
 * each. Little-endian, unaligned.
 */
#ifndef ABI_ACPI_H
#define ABI_ACPI_H

#include <stdint.h>

/* 5.2.5.3; revision 0 ends after rsdt_address */
struct acpi_rsdp {
	char signature[8];	   /*  0: "RSD PTR " */
	uint8_t checksum;	   /*  8: of the first 20 bytes */
	uint8_t oem_id[6];	   /*  9 */
	uint8_t revision;	   /* 15 */
	uint32_t rsdt_address;	   /* 16 */
	uint32_t length;	   /* 20 */
	uint64_t xsdt_address;	   /* 24 */
	uint8_t extended_checksum; /* 32: of all bytes */
	uint8_t reserved[3];	   /* 33 */
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_rsdp) == 36, "RSDP");
#define ACPI_RSDP_V1_BYTES 20u

/* 5.2.6 */
struct acpi_header {
	char signature[4];	   /*  0 */
	uint32_t length;	   /*  4 */
	uint8_t revision;	   /*  8 */
	uint8_t checksum;	   /*  9 */
	uint8_t oem_id[6];	   /* 10 */
	char oem_table_id[8];	   /* 16 */
	uint32_t oem_revision;	   /* 24 */
	char creator_id[4];	   /* 28 */
	uint32_t creator_revision; /* 32 */
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_header) == 36, "table header");

/* 5.2.9: the members that point to other tables */
struct acpi_fadt {
	struct acpi_header h; /*   0 */
	uint32_t facs;	      /*  36 */
	uint32_t dsdt;	      /*  40 */
	uint8_t skipped[88];  /*  44 */
	uint64_t x_facs;      /* 132 */
	uint64_t x_dsdt;      /* 140 */
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_fadt) == 148, "FADT");
#define ACPI_FADT_V1_BYTES 44u

/* 5.2.12; entries follow */
struct acpi_madt {
	struct acpi_header h;	/*  0 */
	uint32_t lapic_address; /* 36 */
	uint32_t flags;		/* 40 */
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_madt) == 44, "MADT");

#define ACPI_MADT_LAPIC		 0
#define ACPI_MADT_X2APIC	 9
#define ACPI_MADT_ENABLED	 1u
#define ACPI_MADT_ONLINE_CAPABLE 2u /* of one that is not enabled; 6.3 */

/* 5.2.12.2 */
struct acpi_madt_lapic {
	uint8_t type, length; /* 0, 8 */
	uint8_t uid;	      /* 2 */
	uint8_t apic_id;      /* 3 */
	uint32_t flags;	      /* 4 */
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_madt_lapic) == 8, "LAPIC");

/* 5.2.12.12 */
struct acpi_madt_x2apic {
	uint8_t type, length; /* 9, 16 */
	uint16_t reserved;    /*  2 */
	uint32_t x2apic_id;   /*  4 */
	uint32_t flags;	      /*  8 */
	uint32_t uid;	      /* 12 */
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_madt_x2apic) == 16, "x2APIC");

/* 5.2.16; entries follow */
struct acpi_srat {
	struct acpi_header h; /*  0: revision 3 */
	uint32_t one;	      /* 36 */
	uint64_t reserved;    /* 40 */
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_srat) == 48, "SRAT");

#define ACPI_SRAT_LAPIC	  0
#define ACPI_SRAT_MEMORY  1
#define ACPI_SRAT_X2APIC  2
#define ACPI_SRAT_ENABLED 1u

/* 5.2.16.1 */
struct acpi_srat_lapic {
	uint8_t type, length;	/* 0, 16 */
	uint8_t domain_low;	/*  2 */
	uint8_t apic_id;	/*  3 */
	uint32_t flags;		/*  4 */
	uint8_t sapic_eid;	/*  8 */
	uint8_t domain_high[3]; /*  9 */
	uint32_t clock_domain;	/* 12 */
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_srat_lapic) == 16, "SRAT LAPIC");

/* 5.2.16.2 */
struct acpi_srat_memory {
	uint8_t type, length; /* 1, 40 */
	uint32_t domain;      /*  2 */
	uint16_t reserved0;   /*  6 */
	uint64_t base, size;  /*  8, 16 */
	uint32_t reserved1;   /* 24 */
	uint32_t flags;	      /* 28 */
	uint64_t reserved2;   /* 32 */
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_srat_memory) == 40, "SRAT memory");

/* 5.2.16.3 */
struct acpi_srat_x2apic {
	uint8_t type, length;  /* 2, 24 */
	uint16_t reserved0;    /*  2 */
	uint32_t domain;       /*  4 */
	uint32_t x2apic_id;    /*  8 */
	uint32_t flags;	       /* 12 */
	uint32_t clock_domain; /* 16 */
	uint32_t reserved1;    /* 20 */
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_srat_x2apic) == 24, "SRAT x2APIC");

/* 5.2.17; localities^2 bytes follow */
struct acpi_slit {
	struct acpi_header h; /*  0: revision 1 */
	uint64_t localities;  /* 36 */
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_slit) == 44, "SLIT");

#endif
