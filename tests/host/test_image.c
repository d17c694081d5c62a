/* SPDX-License-Identifier: MIT */
/*
 * Tests pvh/read/image.c on bzImages made here and on damaged copies of them.
 * Real kernels may be named as arguments: each must be accepted.
 */
#include "error_value.h"
#include "image_file.h"

#define BZ_SETUP   (5u * 512) /* setup_sects = 4 */
#define BZ_PAYLOAD 0x1000u
#define BZ_SIZE	   (BZ_SETUP + BZ_PAYLOAD)

static struct setup_header good_header(void)
{
	return (struct setup_header){
		.setup_sects = 4,
		.syssize = BZ_PAYLOAD / 16,
		.boot_flag = 0xaa55,
		.jump = 0xeb,
		.jump_offset = 0x6a,
		.header = 0x53726448,
		.version = 0x020f,
		.loadflags = 1,
		.initrd_addr_max = 0x7fffffff,
		.kernel_alignment = 0x200000,
		.relocatable_kernel = 1,
		.xloadflags = 3,
		.cmdline_size = 2047,
		.pref_address = 0x1000000,
		.init_size = 0x2000000,
	};
}

static enum error_code parse_bz(struct image *im, struct setup_header h,
				size_t size, uint64_t *bad)
{
	static uint8_t file[BZ_SIZE];

	memset(file, 0, sizeof(file));
	memcpy(file + 0x1f1, &h, sizeof(h));
	return parse(im, file, size, bad);
}

static void test_bzimage(void **state)
{
	struct setup_header h = good_header();
	struct image im;
	uint64_t bad;

	(void)state;
	assert_int_equal(parse_bz(&im, h, BZ_SIZE, &bad), ERROR_NONE);
	assert_int_equal(im.kind, IMAGE_BZIMAGE);
	assert_int_equal(im.load_pa, 0x1000000);
	assert_int_equal(im.load_size, 0x2000000);
	assert_int_equal(im.align, 0x200000);
	assert_true(im.relocatable);
	assert_int_equal(im.entry, 0x200);
	assert_int_equal(im.cmdline_max, 2047);
	assert_int_equal(im.payload_offset, BZ_SETUP);
	assert_int_equal(im.payload_size, BZ_PAYLOAD);
	assert_true(im.above_4g);
	assert_true(im.initrd_max == (UINT64_C(1) << 52) - 1);
	assert_int_equal(im.setup_offset, 0x1f1);
	assert_int_equal(im.setup_size, 0x202 + 0x6a - 0x1f1);

	h.setup_sects = 0; /* means 4 */
	h.xloadflags = 1;
	h.relocatable_kernel = 0;
	assert_int_equal(parse_bz(&im, h, BZ_SIZE, &bad), ERROR_NONE);
	assert_int_equal(im.payload_offset, BZ_SETUP);
	assert_false(im.above_4g);
	assert_false(im.relocatable);
	assert_int_equal(im.initrd_max, 0x7fffffff);

	h.kernel_alignment = 0x1000;
	assert_int_equal(parse_bz(&im, h, BZ_SIZE, &bad), ERROR_NONE);
	assert_int_equal(im.align, 0x1000);
}

static void test_bzimage_size(void **state)
{
	struct setup_header h = good_header();
	struct image im;
	uint64_t bad;
	size_t size;

	(void)state;
	for (size = 0; size < BZ_SIZE; size++) {
		enum error_code e = parse_bz(&im, h, size, &bad);

		if (size < 4)
			assert_int_equal(e, IMAGE_TOO_SMALL);
		else if (size < 0x206)
			assert_int_equal(e, IMAGE_UNKNOWN);
		else if (size < 0x26c)
			assert_int_equal(e, IMAGE_TOO_SMALL);
		else
			assert_int_equal(e, IMAGE_TRUNCATED);
	}
	assert_int_equal(bad, BZ_SIZE);
	h.syssize = UINT32_MAX;
	assert_int_equal(parse_bz(&im, h, BZ_SIZE, &bad), IMAGE_TRUNCATED);
	assert_true(bad == BZ_SETUP + 0xffffffff0);
}

#define BZ_FAILS(member, value, error, named)                              \
	do {                                                               \
		struct setup_header bz_h = good_header();                  \
		struct image bz_im;                                        \
		uint64_t bz_bad;                                           \
                                                                           \
		bz_h.member = (value);                                     \
		assert_int_equal(parse_bz(&bz_im, bz_h, BZ_SIZE, &bz_bad), \
				 error);                                   \
		assert_int_equal(bz_bad, named);                           \
	} while (0)

static void test_bzimage_header(void **state)
{
	(void)state;
	BZ_FAILS(header, 0, IMAGE_UNKNOWN, 0);
	BZ_FAILS(boot_flag, 0, IMAGE_BAD_HEADER, 0);
	BZ_FAILS(version, 0x020b, IMAGE_OLD_PROTOCOL, 0x020b);
	BZ_FAILS(xloadflags, 2, IMAGE_NO_64BIT, 2);
	BZ_FAILS(jump, 0xe9, IMAGE_BAD_HEADER, 0x6a);
	BZ_FAILS(jump_offset, 0x61, IMAGE_BAD_HEADER, 0x61);
	BZ_FAILS(jump_offset, 0x80, IMAGE_BAD_HEADER, 0x80);
	BZ_FAILS(loadflags, 0x80, IMAGE_BAD_HEADER, 0x80);
	BZ_FAILS(kernel_alignment, 0, IMAGE_BAD_HEADER, 0);
	BZ_FAILS(kernel_alignment, 0x800, IMAGE_BAD_HEADER, 0x800);
	BZ_FAILS(kernel_alignment, 0x300000, IMAGE_BAD_HEADER, 0x300000);
	BZ_FAILS(pref_address, 0, IMAGE_BAD_HEADER, 0);
	BZ_FAILS(pref_address, 0x1001000, IMAGE_BAD_HEADER, 0x1001000);
	BZ_FAILS(pref_address, UINT64_C(1) << 32, IMAGE_BAD_HEADER,
		 UINT64_C(1) << 32);
	BZ_FAILS(init_size, 0xff000001, IMAGE_BAD_HEADER, 0x1000000);
	BZ_FAILS(init_size, BZ_PAYLOAD - 1, IMAGE_BAD_HEADER, BZ_PAYLOAD - 1);
	BZ_FAILS(cmdline_size, 0, IMAGE_BAD_HEADER, 0);
	BZ_FAILS(syssize, 0x20, IMAGE_BAD_ENTRY, 0x200);
	BZ_FAILS(setup_sects, 5, IMAGE_TRUNCATED, BZ_SIZE + 512);
}

static void test_unknown(void **state)
{
	static const char text[] = "just a text";
	struct image im;
	uint64_t bad;

	(void)state;
	assert_int_equal(parse(&im, text, sizeof(text), &bad), IMAGE_UNKNOWN);
	assert_int_equal(bad, 0x6a757374);
}

/* Those that make install of Linux or a packager may leave. */
static void test_packed(void **state)
{
	static const struct {
		const char *magic;
		size_t nr;
		uint64_t shown;
	} packed[] = {
		{"\x1f\x8b\x08\x00", 4, 0x1f8b0800},
		{"\xfd"
		 "7zXZ\0",
		 6, 0xfd377a58},
		{"BZh9", 4, 0x425a6839},
		{"\x5d\0\0\x80", 4, 0x5d000080},
		{"\x89LZO\0", 5, 0x894c5a4f},
		{"\x02\x21\x4c\x18", 4, 0x02214c18},
		{"\x04\x22\x4d\x18", 4, 0x04224d18},
		{"\x28\xb5\x2f\xfd", 4, 0x28b52ffd},
	};
	struct image im;
	uint64_t bad;

	(void)state;
	for (uint32_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++) {
		uint8_t file[0x300] = {0};

		memcpy(file, packed[i].magic, packed[i].nr);
		assert_int_equal(parse(&im, file, sizeof(file), &bad),
				 IMAGE_PACKED);
		assert_int_equal(bad, packed[i].shown);
		assert_int_equal(parse(&im, file, packed[i].nr, &bad),
				 IMAGE_PACKED);
		file[1] ^= 0x40;
		assert_int_equal(parse(&im, file, sizeof(file), &bad),
				 IMAGE_UNKNOWN);
	}
}

/* However Linux is compressed inside, it unpacks itself. */
static void test_payloads(void **state)
{
	static const char *const magic[] = {"\x1f\x8b\x08",
					    "\xfd"
					    "7zXZ",
					    "BZh9",
					    "\x5d\1\1",
					    "\x89LZO",
					    "\x02\x21\x4c\x18",
					    "\x28\xb5\x2f\xfd"};
	struct setup_header h = good_header();

	(void)state;
	for (uint32_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++) {
		static uint8_t file[BZ_SIZE];
		struct image im;
		uint64_t bad;

		memset(file, 0, sizeof(file));
		memcpy(file + 0x1f1, &h, sizeof(h));
		memcpy(file + BZ_SETUP + 0x400, magic[i], strlen(magic[i]));
		assert_int_equal(parse(&im, file, sizeof(file), &bad),
				 ERROR_NONE);
		assert_int_equal(im.payload_size, BZ_PAYLOAD);
	}
}

static void test_damaged(void **state)
{
	static uint8_t bz[BZ_SIZE];
	struct setup_header h = good_header();

	(void)state;
	memcpy(bz + 0x1f1, &h, sizeof(h));
	damage(bz, BZ_SIZE, 0x1f1, 0x264);
}

static int parse_real(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *file = malloc(256u << 20);
	enum error_code e = IMAGE_TOO_SMALL;
	struct image im;
	uint64_t bad = 0;
	size_t size;

	if (f && file) {
		size = fread(file, 1, 256u << 20, f);
		e = error_split(image_parse(&im, file, size), &bad);
	}
	printf("%s: %s (%#llx)\n", path, error_text(e),
	       (unsigned long long)bad);
	if (!e)
		printf("\tload %#llx+%#llx align %#llx entry %#llx\n",
		       (unsigned long long)im.load_pa,
		       (unsigned long long)im.load_size,
		       (unsigned long long)im.align,
		       (unsigned long long)im.entry);
	free(file);
	if (f)
		fclose(f);
	return e != ERROR_NONE;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bzimage),
		cmocka_unit_test(test_bzimage_size),
		cmocka_unit_test(test_bzimage_header),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_payloads),
		cmocka_unit_test(test_damaged),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL), i;

	for (i = 1; i < argc; i++)
		failed += parse_real(argv[i]);
	return failed;
}
